using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>
/// The time from one poll of a thread's consumer to the next, and what took longest in it. A consumer that is not polled within
/// <c>max.poll.interval.ms</c> loses its partitions, and does so again and again when the cause comes back with them.
/// </summary>
/// <param name="threadName">Name of the thread.</param>
/// <param name="interval">How long it may be.</param>
/// <param name="slowRecords">Learns of records that are the cause.</param>
/// <param name="logger">The application's log.</param>
/// <param name="time">The clock.</param>
internal sealed class PollGap(
    string threadName, TimeSpan interval, SlowRecords slowRecords, ILogger logger, TimeProvider time)
{
    // A run so long is the cause when the gap is too long, whatever else there was in it.
    private readonly TimeSpan _notable = interval / 2;
    private long _polled = time.GetTimestamp();
    private TimeSpan _longest;
    private TaskId _task;
    private List<RunRange>? _run;
    private int _records;
    private int _missed;

    /// <summary>A run of records is over.</summary>
    public void Ran(StreamTask task, int records, TimeSpan lasted)
    {
        if (lasted >= _notable && lasted > _longest)
        {
            (_longest, _task, _records, _run) = (lasted, task.Id, records, task.LastRun);
        }
    }

    /// <summary>What is committed does not come again, however long it took.</summary>
    public void Committed(Committer committer)
    {
        if (committer.IsPostponed)
        {
            return;
        }

        _missed = 0;
        if (slowRecords.Any)
        {
            foreach (var committed in committer.CommittedOffsets)
            {
                slowRecords.Committed(committed.Partition, committed.Offset);
            }
        }
    }

    /// <summary>The consumer is about to be polled.</summary>
    /// <exception cref="StreamsException">
    /// Something that is no record's, a commit most likely, has taken too long twice with nothing committed in between.
    /// </exception>
    public void Ends()
    {
        var lasted = time.GetElapsedTime(_polled);
        if (lasted >= interval)
        {
            if (_run is { Count: > 0 })
            {
                slowRecords.Outlasted(logger, _task, _run, _records, _longest, interval);
            }
            else
            {
                ThreadLog.PollMissed(logger, threadName, lasted, interval);
                ThrowIfRepeated(lasted);
            }
        }

        (_longest, _run) = (TimeSpan.Zero, null);
    }

    /// <summary>The consumer was polled.</summary>
    public void Begins() => _polled = time.GetTimestamp();

    private void ThrowIfRepeated(TimeSpan lasted)
    {
        if (++_missed > 1)
        {
            throw new StreamsException(
                $"{threadName} has not polled its consumer for {Durations.Text(lasted)}, and that for the {_missed}. time without "
                + $"a commit in between; max.poll.interval.ms is {Durations.Text(interval)}. It is no single record that takes so "
                + "long, but a commit (what leaves the stores goes through the operators behind them then) or a punctuation. "
                + "Raise max.poll.interval.ms of the consumer, or lower CacheMaxBytes or CommitInterval.");
        }
    }
}
