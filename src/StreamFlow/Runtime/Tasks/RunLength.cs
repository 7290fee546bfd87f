namespace StreamFlow.Runtime;

/// <summary>
/// How many records of a task go between two looks at the clock: as many as take about a millisecond, so that fast records
/// do not pay for the look and slow ones do not add up.
/// </summary>
internal sealed class RunLength
{
    public const int Longest = 128;

    /// <summary>What a run is to take.</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(1);

    /// <summary>Length of the next run.</summary>
    public int Records { get; private set; } = 1;

    /// <summary>
    /// Learns from a run. Longer ones come by doubling, since the next records may be slower; a slow run makes the next one
    /// short at once.
    /// </summary>
    /// <param name="records">How many records it was.</param>
    /// <param name="time">How long it took.</param>
    public void Learn(int records, TimeSpan time)
    {
        var fitting = time.Ticks <= 0 ? Longest : Target.Ticks * records / time.Ticks;
        Records = (int)Math.Clamp(fitting, 1, Math.Min(Longest, Records * 2));
    }
}
