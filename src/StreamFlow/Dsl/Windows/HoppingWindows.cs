namespace StreamFlow;

/// <summary>
/// Windows of one size that overlap: a new one starts at each multiple of the advance since 1970-01-01T00:00Z, so a record
/// is in several. The start is inclusive, the end exclusive.
/// </summary>
public sealed record HoppingWindows : TimeWindows
{
    private readonly long _size;
    private readonly long _advance;

    private HoppingWindows(TimeSpan size, TimeSpan advance, TimeSpan grace)
        : base(size, grace)
    {
        Advance = WholeMilliseconds(advance, TimeSpan.FromMilliseconds(1), nameof(advance));
        if (advance > size)
        {
            throw new ArgumentOutOfRangeException(
                nameof(advance),
                $"advance is {Durations.Text(advance)}, more than the size of {Durations.Text(size)}: records in between "
                + "would be in no window.");
        }

        (_size, _advance) = (SizeMs, advance.Ticks / TimeSpan.TicksPerMillisecond);
    }

    /// <summary>Distance of the windows' starts.</summary>
    public TimeSpan Advance { get; }

    /// <summary>Defines the windows. There is no default grace: how long to wait for late records is a decision.</summary>
    /// <param name="size">Length of a window; whole milliseconds, more than zero.</param>
    /// <param name="advance">Distance of the starts; whole milliseconds, more than zero, not more than the size.</param>
    /// <param name="grace">How long after its end a window still takes records; whole milliseconds, zero or more.</param>
    /// <returns>The windows.</returns>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    public static HoppingWindows Of(TimeSpan size, TimeSpan advance, TimeSpan grace) => new(size, advance, grace);

    /// <inheritdoc/>
    public override Window FirstWindow(long timestamp) =>
        WindowAt(Math.Max(0, EventTime.Subtract(timestamp, _size - _advance)) / _advance * _advance);

    /// <inheritdoc/>
    public override Window NextWindow(Window window) =>
        EventTime.HasRoom(window.Start, _advance) ? WindowAt(window.Start + _advance) : window;

    /// <inheritdoc/>
    public override Window WindowAt(long start) => Window.OfLength(start, _size);
}
