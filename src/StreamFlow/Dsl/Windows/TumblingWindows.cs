using StreamFlow.Dsl;

namespace StreamFlow;

/// <summary>
/// Windows of one size, one after the other: each record is in exactly one. They start at multiples of the size since
/// 1970-01-01T00:00Z; the start is inclusive, the end exclusive.
/// </summary>
public sealed record TumblingWindows
{
    private TumblingWindows(TimeWindows windows) => Windows = windows;

    internal TimeWindows Windows { get; }

    /// <summary>Length of a window.</summary>
    public TimeSpan Size => TimeSpan.FromMilliseconds(Windows.Size);

    /// <summary>How long after its end, in event time, a window still takes late records.</summary>
    public TimeSpan Grace => TimeSpan.FromMilliseconds(Windows.Grace);

    /// <summary>Defines the windows. There is no default grace: how long to wait for late records is a decision.</summary>
    /// <param name="size">Length of a window; whole milliseconds, more than zero.</param>
    /// <param name="grace">How long after its end a window still takes records; whole milliseconds, zero or more.</param>
    /// <returns>The windows.</returns>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    public static TumblingWindows Of(TimeSpan size, TimeSpan grace) => new(TimeWindows.Of(size, size, grace));
}
