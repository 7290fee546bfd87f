namespace StreamFlow;

/// <summary>
/// One window that begins at a time and never ends. What is before it is in no window: such records are dropped and counted as
/// <c>no_window</c>. It never closes, so its rows never expire and there is no final result.
/// </summary>
/// <example><code>
/// orders.GroupByKey().WindowedBy(UnlimitedWindows.StartingAt(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))).Count()
/// </code></example>
public sealed record UnlimitedWindows : TimeWindows
{
    private readonly long _start;

    private UnlimitedWindows(long start)
        : base(TimeSpan.FromMilliseconds(1), TimeSpan.Zero) => _start = start;

    /// <summary>Begin of the window.</summary>
    public DateTimeOffset Start => EventTime.Moment(_start);

    internal override long SizeMs => EventTime.End;

    /// <summary>Defines the window from 1970-01-01T00:00Z on, the beginning of event time.</summary>
    /// <returns>The window.</returns>
    public static UnlimitedWindows Of() => new(0);

    /// <summary>Defines the window from a time on.</summary>
    /// <param name="start">Its first moment, in whole milliseconds, not before 1970-01-01T00:00Z.</param>
    /// <returns>The window.</returns>
    /// <exception cref="ArgumentException">The start is out of range.</exception>
    public static UnlimitedWindows StartingAt(DateTimeOffset start)
    {
        var time = WholeMilliseconds(start - DateTimeOffset.UnixEpoch, TimeSpan.Zero, nameof(start));
        return new UnlimitedWindows(time.Ticks / TimeSpan.TicksPerMillisecond);
    }

    /// <inheritdoc/>
    public override Window FirstWindow(long timestamp) => WindowAt(_start);

    /// <inheritdoc/>
    public override Window NextWindow(Window window) => window;

    /// <inheritdoc/>
    public override Window WindowAt(long start) => new(start, EventTime.End);

    internal override bool Covers(long timestamp) => timestamp >= _start;

    private protected override bool IsEndless(Window window) => true;
}
