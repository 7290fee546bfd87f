namespace StreamFlow;

/// <summary>
/// Which records of two streams meet: those of one key whose times are near each other. A record of the left stream at time
/// <c>t</c> meets the records of the right stream from <c>t - Before</c> to <c>t + After</c>, both included; the windows of a
/// join slide with the records and have no fixed starts.
/// </summary>
/// <example><code>
/// JoinWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1))
/// JoinWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.Zero) with { Before = TimeSpan.Zero } // the right one comes after
/// </code></example>
public sealed record JoinWindows
{
    private readonly TimeSpan _before;
    private readonly TimeSpan _after;

    private JoinWindows(TimeSpan difference, TimeSpan grace)
    {
        _before = _after = TimeWindows.WholeMilliseconds(difference, TimeSpan.Zero, nameof(difference));
        Grace = TimeWindows.WholeMilliseconds(grace, TimeSpan.Zero, nameof(grace));
    }

    /// <summary>
    /// How much earlier than the left record the right one may be; whole milliseconds. Negative: it must be that much later. Together
    /// with <see cref="After"/> zero or more.
    /// </summary>
    /// <exception cref="ArgumentException">No whole milliseconds, or the window would end before it begins.</exception>
    public TimeSpan Before
    {
        get => _before;
        init => _before = Checked(value, _after, nameof(Before));
    }

    /// <summary>
    /// How much later than the left record the right one may be; whole milliseconds. Negative: it must be that much earlier. Together
    /// with <see cref="Before"/> zero or more.
    /// </summary>
    /// <exception cref="ArgumentException">No whole milliseconds, or the window would end before it begins.</exception>
    public TimeSpan After
    {
        get => _after;
        init => _after = Checked(value, _before, nameof(After));
    }

    /// <summary>How long after its window has ended, in event time, a record still waits for a late one to meet.</summary>
    public TimeSpan Grace { get; }

    internal long BeforeMs => Milliseconds(_before);

    internal long AfterMs => Milliseconds(_after);

    internal long GraceMs => Milliseconds(Grace);

    /// <summary>Length of the windows, in milliseconds.</summary>
    internal long SizeMs => BeforeMs + AfterMs;

    /// <summary>
    /// How long records of either side are kept: size plus grace, as in Kafka Streams. Where a side is not longer than zero that
    /// is too short by a millisecond or more, and the earliest record that a late one may still meet would be gone.
    /// </summary>
    internal long RetentionMs => Math.Max(SizeMs, Math.Max(BeforeMs, AfterMs) + 1) + GraceMs;

    /// <summary>Defines the windows. There is no default grace: how long to wait for late records is a decision.</summary>
    /// <param name="difference">How far apart two records may be, in either order; whole milliseconds, zero or more.</param>
    /// <param name="grace">
    /// How long after the end of its window a record still waits for late ones; whole milliseconds, zero or more. Left and outer joins
    /// tell that there was no match when it is over.
    /// </param>
    /// <returns>The windows; <c>with { Before = ..., After = ... }</c> makes them lopsided.</returns>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    public static JoinWindows Of(TimeSpan difference, TimeSpan grace) => new(difference, grace);

    private static TimeSpan Checked(TimeSpan time, TimeSpan other, string name)
    {
        TimeWindows.WholeMilliseconds(time, TimeSpan.MinValue, name);
        return Milliseconds(time) + Milliseconds(other) >= 0
            ? time
            : throw new ArgumentOutOfRangeException(
                name,
                $"{name} is {Durations.Text(time)} and the other side {Durations.Text(other)}: the window would end before it begins. "
                + "Let their sum be zero or more; set the larger one first.");
    }

    private static long Milliseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMillisecond;
}
