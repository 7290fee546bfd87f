namespace StreamFlow.Broker.Testing.Tests.Support;

internal static class Eventually
{
    /// <summary>Waits for something that another thread brings about.</summary>
    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        DateTimeOffset deadline = DateTimeOffset.UtcNow + Rdkafka.Deadline;
        while (!condition())
        {
            Assert.True(DateTimeOffset.UtcNow < deadline, $"It has not come about that {what}.");
            await Task.Delay(5);
        }
    }
}
