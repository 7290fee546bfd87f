namespace StreamFlow;

/// <summary>
/// Windows of one size, one after the other: each record is in exactly one. They start at multiples of the size since
/// 1970-01-01T00:00Z; the start is inclusive, the end exclusive.
/// </summary>
public sealed record TumblingWindows : TimeWindows
{
    private readonly long _size;

    private TumblingWindows(TimeSpan size, TimeSpan grace)
        : base(size, grace) => _size = SizeMs;

    /// <summary>Defines the windows. There is no default grace: how long to wait for late records is a decision.</summary>
    /// <param name="size">Length of a window; whole milliseconds, more than zero.</param>
    /// <param name="grace">How long after its end a window still takes records; whole milliseconds, zero or more.</param>
    /// <returns>The windows.</returns>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    public static TumblingWindows Of(TimeSpan size, TimeSpan grace) => new(size, grace);

    /// <inheritdoc/>
    public override Window FirstWindow(long timestamp) => WindowAt(timestamp / _size * _size);

    /// <inheritdoc/>
    public override Window NextWindow(Window window) =>
        EventTime.HasRoom(window.Start, _size) ? WindowAt(window.Start + _size) : window;

    /// <inheritdoc/>
    public override Window WindowAt(long start) => Window.OfLength(start, _size);
}
