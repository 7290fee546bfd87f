using StreamFlow.Dsl;

namespace StreamFlow;

/// <summary>
/// Windows of one size that overlap: a new one starts at each multiple of the advance since 1970-01-01T00:00Z, so a record
/// is in several. The start is inclusive, the end exclusive.
/// </summary>
public sealed record HoppingWindows
{
    private HoppingWindows(TimeWindows windows) => Windows = windows;

    internal TimeWindows Windows { get; }

    /// <summary>Length of a window.</summary>
    public TimeSpan Size => TimeSpan.FromMilliseconds(Windows.Size);

    /// <summary>Distance of the windows' starts.</summary>
    public TimeSpan Advance => TimeSpan.FromMilliseconds(Windows.Advance);

    /// <summary>How long after its end, in event time, a window still takes late records.</summary>
    public TimeSpan Grace => TimeSpan.FromMilliseconds(Windows.Grace);

    /// <summary>Defines the windows. There is no default grace: how long to wait for late records is a decision.</summary>
    /// <param name="size">Length of a window; whole milliseconds, more than zero.</param>
    /// <param name="advance">Distance of the starts; whole milliseconds, more than zero, not more than the size.</param>
    /// <param name="grace">How long after its end a window still takes records; whole milliseconds, zero or more.</param>
    /// <returns>The windows.</returns>
    /// <exception cref="ArgumentException">A time is out of range.</exception>
    public static HoppingWindows Of(TimeSpan size, TimeSpan advance, TimeSpan grace) =>
        new(TimeWindows.Of(size, advance, grace));
}
