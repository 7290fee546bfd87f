namespace StreamFlow;

/// <summary>
/// Sessions of activity: records of one key that follow each other within a gap are one window, from the first to the last of
/// them, both included. A record between two sessions joins them.
/// </summary>
/// <example><code>SessionWindows.Of(gap: TimeSpan.FromMinutes(30), grace: TimeSpan.FromMinutes(1))</code></example>
public sealed record SessionWindows
{
    private SessionWindows(TimeSpan gap, TimeSpan grace)
    {
        Gap = TimeWindows.WholeMilliseconds(gap, TimeSpan.Zero, nameof(gap));
        Grace = TimeWindows.WholeMilliseconds(grace, TimeSpan.Zero, nameof(grace));
    }

    /// <summary>Longest time between two records of one session, included.</summary>
    public TimeSpan Gap { get; }

    /// <summary>How long, in event time, a session still takes late records once the gap behind it is over.</summary>
    public TimeSpan Grace { get; }

    internal long GapMs => Gap.Ticks / TimeSpan.TicksPerMillisecond;

    internal long GraceMs => Grace.Ticks / TimeSpan.TicksPerMillisecond;

    /// <summary>Gap plus grace: a session that ends longer ago than that is closed.</summary>
    internal long OpenMs => GapMs + GraceMs;

    /// <summary>
    /// Defines the sessions. There is no default grace: how long to wait for late records is a decision.
    /// </summary>
    /// <param name="gap">
    /// Longest time between two records of one session; whole milliseconds. Zero: only records of the same time are together.
    /// </param>
    /// <param name="grace">How long a session still takes records after the gap behind it; whole milliseconds, zero or more.</param>
    /// <returns>The sessions.</returns>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    public static SessionWindows Of(TimeSpan gap, TimeSpan grace) => new(gap, grace);
}
