namespace StreamFlow.Broker.Tests.Support;

public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds; fails with what was expected after a generous deadline.</summary>
    public static async Task TrueAsync(Func<bool> condition, string expected)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"Did not happen: {expected}.");
            await Task.Delay(5);
        }
    }
}
