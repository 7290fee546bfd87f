namespace StreamFlow.State;

/// <summary>Checks of what a store is told about time.</summary>
internal static class StoreTimes
{
    /// <returns>The time in milliseconds.</returns>
    public static long Positive(string store, TimeSpan time, string parameter)
    {
        var milliseconds = time.Ticks / TimeSpan.TicksPerMillisecond;
        return milliseconds > 0
            ? milliseconds
            : throw new ArgumentException(
                $"The {parameter} of store '{store}' is {time}. Give a millisecond at least.", parameter);
    }

    /// <returns>Length and retention of windows, in milliseconds.</returns>
    public static (long WindowSizeMs, long RetentionMs) Windows(string store, TimeSpan windowSize, TimeSpan retention)
    {
        var times = (Positive(store, windowSize, nameof(windowSize)), Positive(store, retention, nameof(retention)));
        return retention >= windowSize
            ? times
            : throw new ArgumentException(
                $"The retention of store '{store}' is {retention}, less than its windows of {windowSize}: they would be gone before "
                + "they end. Keep them at least as long.",
                nameof(retention));
    }
}
