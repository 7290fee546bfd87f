namespace StreamFlow.Dsl;

/// <summary>Windows of one size at regular starts, aligned to 1970-01-01T00:00Z; in milliseconds.</summary>
/// <param name="Size">Length; the end is exclusive.</param>
/// <param name="Advance">Distance of the starts.</param>
/// <param name="Grace">How long after its end a window still takes records.</param>
internal readonly record struct TimeWindows(long Size, long Advance, long Grace)
{
    /// <summary>Size plus grace: a store must keep windows at least that long.</summary>
    public long Retention => Size > long.MaxValue - Grace ? long.MaxValue : Size + Grace;

    public static TimeWindows Of(TimeSpan size, TimeSpan advance, TimeSpan grace)
    {
        RequireWholeMilliseconds(size, nameof(size));
        RequireWholeMilliseconds(advance, nameof(advance));
        RequireWholeMilliseconds(grace, nameof(grace));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(size, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(advance, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(advance, size);
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        return new TimeWindows(
            size.Ticks / TimeSpan.TicksPerMillisecond,
            advance.Ticks / TimeSpan.TicksPerMillisecond,
            grace.Ticks / TimeSpan.TicksPerMillisecond);
    }

    /// <summary>Start of the first window a time lies in; the others follow at <see cref="Advance"/> up to the time.</summary>
    public long FirstStart(long time) => Math.Max(0, time - Size + Advance) / Advance * Advance;

    public Window WindowAt(long start) => new(start, start > long.MaxValue - Size ? long.MaxValue : start + Size);

    // Event time has milliseconds: a finer window would not be what was asked for.
    private static void RequireWholeMilliseconds(TimeSpan time, string name)
    {
        if (time.Ticks % TimeSpan.TicksPerMillisecond != 0)
        {
            throw new ArgumentException($"{time} is not a whole number of milliseconds, the unit of event time.", name);
        }
    }
}
