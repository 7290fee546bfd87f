namespace StreamFlow;

/// <summary>
/// Arithmetic on event time, in milliseconds since 1970-01-01T00:00Z, over the whole range of its type: what would lie beyond
/// an end stays at it. A record may well have the time <see cref="long.MaxValue"/>, "valid for ever", and a sum that wraps
/// around would put it before all others.
/// </summary>
internal static class EventTime
{
    /// <summary>The last moment there is.</summary>
    public const long End = long.MaxValue;

    /// <summary>A time moved by a length.</summary>
    public static long Add(long time, long milliseconds)
    {
        var sum = unchecked(time + milliseconds);

        // It has wrapped around where both have one sign and the sum the other.
        return ((time ^ sum) & (milliseconds ^ sum)) >= 0 ? sum : Beyond(time);
    }

    /// <summary>A time moved back by a length; of two times, the distance from the second to the first.</summary>
    public static long Subtract(long time, long milliseconds)
    {
        var difference = unchecked(time - milliseconds);
        return ((time ^ milliseconds) & (time ^ difference)) >= 0 ? difference : Beyond(time);
    }

    /// <summary>Whether there is a time that much later than another.</summary>
    public static bool HasRoom(long time, long milliseconds) => time <= End - milliseconds;

    /// <summary>The point in time, UTC; the first or last one that the type has where it lies before the year 1 or after 9999.</summary>
    public static DateTimeOffset Moment(long time) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(
        time, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));

    /// <summary>A length; the longest that the type has where it is longer, some 29,000 years.</summary>
    public static TimeSpan Length(long milliseconds) =>
        milliseconds >= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond
            ? TimeSpan.MaxValue
            : TimeSpan.FromTicks(milliseconds * TimeSpan.TicksPerMillisecond);

    private static long Beyond(long time) => time < 0 ? long.MinValue : End;
}
