namespace StreamFlow.IntegrationTests.Support;

/// <summary>Waits for conditions; a deadline makes a hang a failure that says what did not happen.</summary>
internal static class Until
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    public static Task TrueAsync(Func<bool> condition, string what, Func<string>? details = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, details);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, Func<string>? details = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Deadline)
            {
                Assert.Fail($"Not within {Deadline}: {what}.\n{details?.Invoke()}");
            }

            await Task.Delay(20);
        }
    }
}
