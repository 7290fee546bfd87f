namespace StreamFlow.Samples;

/// <summary>
/// Event time of what a sample generates. At a rate that a clock on the wall can follow it is that clock's; faster than that it
/// begins in the past, so that the same records fit before the present, which brokers insist on.
/// </summary>
public sealed class EventClock
{
    /// <summary>Changelogs of windows keep a day.</summary>
    private static readonly TimeSpan FurthestBack = TimeSpan.FromHours(20);
    private readonly TimeProvider _time;

    private EventClock(TimeProvider time, DateTimeOffset start, TimeSpan step) => (_time, Start, Step) = (time, start, step);

    /// <summary>Event time of step 0.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>Event time between two steps.</summary>
    public TimeSpan Step { get; }

    /// <summary>Lays the run into time.</summary>
    /// <param name="run">The run, with its rate and number of records.</param>
    /// <param name="step">Event time between two steps.</param>
    /// <param name="recordsPerStep">How many records have the time of one step.</param>
    /// <param name="earliest">Where earlier runs on the same brokers ended: before it, records would be late.</param>
    public static EventClock For(SampleRun run, TimeSpan step, int recordsPerStep, DateTimeOffset earliest)
    {
        var (rate, count, now) = (run.Settings.Rate, run.Settings.Count, run.Time.GetUtcNow());
        var keepsPace = rate > 0 && rate * step.TotalSeconds <= recordsPerStep * 1.001;
        var steps = Math.Ceiling((double)count / recordsPerStep);
        var back = keepsPace ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(FurthestBack.TotalSeconds, steps * step.TotalSeconds));
        return new(run.Time, now - back > earliest ? now - back : earliest, step);
    }

    /// <summary>Event time of a step, in milliseconds.</summary>
    public long At(long step) => (Start + (step * Step)).ToUnixTimeMilliseconds();

    /// <summary>Waits until a step is not in the future.</summary>
    public async Task WaitAsync(long step, CancellationToken stop)
    {
        while (At(step) > _time.GetUtcNow().ToUnixTimeMilliseconds() && !stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), _time, CancellationToken.None);
        }
    }
}
