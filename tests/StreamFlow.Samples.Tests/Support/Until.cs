namespace StreamFlow.Samples.Tests;

/// <summary>Waits for conditions; a deadline makes a hang a failure that says what did not happen.</summary>
internal static class Until
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"Not within {Deadline}: {what}.");
            }

            await Task.Delay(20);
        }
    }
}
