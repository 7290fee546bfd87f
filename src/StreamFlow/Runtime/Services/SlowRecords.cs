using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>Records that a run has gone over.</summary>
/// <param name="Partition">Their partition.</param>
/// <param name="From">Offset of the first, or a little below it.</param>
/// <param name="To">Offset behind the last.</param>
internal readonly record struct RunRange(TopicPartition Partition, long From, long To);

/// <summary>
/// The records that took longer than the consumer may go without polling, until they are committed. Their partitions are
/// given to others and come back, to this thread or another of the application, and would be lost to the same record again and
/// again. The first time a run of records is suspected; its records are processed one by one from then on. The record that
/// outlasts the interval again is not processed a third time.
/// </summary>
/// <remarks>Shared by all threads of the application; as long as there are none, which is always, tasks look at a flag.</remarks>
internal sealed class SlowRecords
{
    private readonly Lock _gate = new();
    private readonly List<Suspects> _suspects = [];
    private volatile bool _any;

    public bool Any => _any;

    /// <summary>A run took so long that the consumer was not polled in time.</summary>
    /// <param name="logger">Is told.</param>
    /// <param name="task">Whose.</param>
    /// <param name="run">What it went over.</param>
    /// <param name="records">How many records that were.</param>
    /// <param name="lasted">How long it took.</param>
    /// <param name="interval">How long it may.</param>
    public void Outlasted(
        ILogger logger, TaskId task, IReadOnlyList<RunRange> run, int records, TimeSpan lasted, TimeSpan interval)
    {
        foreach (var range in run)
        {
            bool isAgain;
            lock (_gate)
            {
                isAgain = records == 1 && _suspects.Exists(s => s.Holds(in range));
                _suspects.RemoveAll(s => isAgain && s.Range == range);
                _suspects.Insert(0, new Suspects(range, isAgain ? new SlowRecordException(lasted, interval) : null));
                _any = true;
            }

            if (isAgain)
            {
                RuntimeLog.RecordTooSlow(logger, task, range.Partition, range.To - 1, lasted, interval);
            }
            else
            {
                RuntimeLog.RunTooSlow(logger, task, range.Partition, range.From, range.To - 1, lasted, interval);
            }
        }
    }

    /// <summary>Whether a record is to be processed by itself, or not at all.</summary>
    /// <param name="partition">Its partition.</param>
    /// <param name="offset">Its offset.</param>
    /// <param name="verdict">Why not at all; null: it may be tried.</param>
    public bool IsSuspect(TopicPartition partition, long offset, out SlowRecordException? verdict)
    {
        lock (_gate)
        {
            // Those that were found out come first.
            var found = _suspects.Where(s => s.Holds(partition, offset)).MaxBy(s => s.Verdict is not null);
            verdict = found?.Verdict;
            return found is not null;
        }
    }

    /// <summary>Everything before an offset is committed.</summary>
    public void Committed(TopicPartition partition, long offset)
    {
        lock (_gate)
        {
            _suspects.RemoveAll(s => s.Range.Partition == partition && s.Range.To <= offset);
            _any = _suspects.Count > 0;
        }
    }

    private sealed record Suspects(RunRange Range, SlowRecordException? Verdict)
    {
        public bool Holds(TopicPartition partition, long offset) =>
            Range.Partition == partition && Range.From <= offset && offset < Range.To;

        public bool Holds(in RunRange other) =>
            Range.Partition == other.Partition && Range.From < other.To && other.From < Range.To;
    }
}
