namespace StreamFlow;

/// <summary>
/// Windows of one length that move with the records: one for each different set of records of a key that are at most the
/// difference apart. Start and end are included. Records of the first moments of event time, before the difference, share the
/// window from 0.
/// </summary>
/// <example><code>SlidingWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.FromMinutes(1))</code></example>
public sealed record SlidingWindows
{
    private SlidingWindows(TimeSpan difference, TimeSpan grace)
    {
        Difference = TimeWindows.WholeMilliseconds(difference, TimeSpan.FromMilliseconds(1), nameof(difference));
        Grace = TimeWindows.WholeMilliseconds(grace, TimeSpan.Zero, nameof(grace));
    }

    /// <summary>How far apart two records of one window may be, which is its length.</summary>
    public TimeSpan Difference { get; }

    /// <summary>How long after its end, in event time, a window still takes late records.</summary>
    public TimeSpan Grace { get; }

    internal long DifferenceMs => Difference.Ticks / TimeSpan.TicksPerMillisecond;

    internal long GraceMs => Grace.Ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>
    /// A new window begins with what the one before it has: a store must keep windows for twice their length, and grace.
    /// </summary>
    internal long Retention => (2 * DifferenceMs) + GraceMs;

    /// <summary>Defines the windows. There is no default grace: how long to wait for late records is a decision.</summary>
    /// <param name="difference">
    /// How far apart two records of one window may be; whole milliseconds, more than zero.
    /// </param>
    /// <param name="grace">How long after its end a window still takes records; whole milliseconds, zero or more.</param>
    /// <returns>The windows.</returns>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    public static SlidingWindows Of(TimeSpan difference, TimeSpan grace) => new(difference, grace);

    internal Window WindowAt(long start) => Window.OfLength(start, DifferenceMs);
}
