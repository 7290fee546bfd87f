using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Knows since when a thread has been at what it is at. The thread itself does not look at the clock for each record; whoever
/// looks here sees whether it has moved since the last look.
/// </summary>
internal sealed class StepWatch(WorkAtHand work, TimeProvider time)
{
    private readonly Lock _gate = new();
    private (long, long) _mark;
    private long _since = time.GetTimestamp();
    private long _looked = time.GetTimestamp();

    /// <summary>What the thread is at, and for how long, within the time since the last look.</summary>
    public (Work Work, TimeSpan Lasts) Look()
    {
        lock (_gate)
        {
            var seen = work.Look();
            var now = time.GetTimestamp();
            if (seen.Mark != _mark)
            {
                // It began after the last look, and not before the run of records that it is part of.
                _mark = seen.Mark;
                _since = Math.Min(now, Math.Max(seen.Began, _looked));
            }

            _looked = now;
            return (seen, time.GetElapsedTime(_since, now));
        }
    }
}
