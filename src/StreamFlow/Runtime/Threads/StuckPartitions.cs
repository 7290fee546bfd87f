using Microsoft.Extensions.Logging;
using StreamFlow.Measuring;

namespace StreamFlow.Runtime;

/// <summary>
/// Sees input partitions of this instance that get records while their task processes none of them, although its thread goes on: a
/// client that no longer hands out what it fetches, a task that waits for something that does not come. A task that is at one record
/// for long is another matter (<see cref="ProgressWatch"/>), and so is one that waits as it was told to
/// (<see cref="StreamFlowOptions.MaxTaskIdle"/>).
/// </summary>
/// <param name="sources">The input partitions of the tasks that run.</param>
/// <param name="options">The application's settings.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Is told when one stands, and when it goes on.</param>
internal sealed class StuckPartitions(SourceInstruments sources, StreamFlowOptions options, TimeProvider time, ILogger logger)
{
    private readonly TimeSpan _limit = options.ProgressTimeout + options.MaxTaskIdle;
    private Dictionary<SourceCounts, Seen> _seen = [];
    private volatile IReadOnlyList<UnreadPartition> _stuck = [];

    /// <summary>Those that were stuck at the last look.</summary>
    public IReadOnlyList<UnreadPartition> Stuck => _stuck;

    /// <summary>Looks at all of them; on one thread at a time.</summary>
    public void Look()
    {
        var now = time.GetTimestamp();
        _seen = sources.All.All.ToDictionary(source => source, source => Look(source, now));
        List<UnreadPartition> stuck =
        [
            .. from pair in _seen
               where pair.Value.Grows is { } since && time.GetElapsedTime(since, now) >= _limit
               select new UnreadPartition(pair.Key.Partition, pair.Value.Lag, time.GetElapsedTime(pair.Value.Grows.GetValueOrDefault(), now)),
        ];
        Adopt(stuck);
    }

    private Seen Look(SourceCounts source, long now)
    {
        var (records, lag) = (source.Records, source.Lag ?? 0);
        if (!_seen.TryGetValue(source, out var before) || before.Records != records || lag <= before.Least)
        {
            return new Seen(records, lag, lag, null);
        }

        return before with { Lag = lag, Grows = before.Grows ?? now };
    }

    private void Adopt(List<UnreadPartition> stuck)
    {
        var before = _stuck;
        _stuck = stuck;
        foreach (var partition in stuck.Where(s => before.All(b => b.Partition != s.Partition)))
        {
            ThreadLog.PartitionStuck(logger, options.ApplicationId, partition.ToString());
        }

        foreach (var gone in before.Where(b => stuck.All(s => s.Partition != b.Partition)))
        {
            ThreadLog.PartitionGoesOn(logger, options.ApplicationId, gone.Partition);
        }
    }

    /// <param name="Records">How many records were processed when it was last seen to move.</param>
    /// <param name="Least">The smallest lag since.</param>
    /// <param name="Lag">The lag at the last look.</param>
    /// <param name="Grows">When the lag was first seen to be more than that; null: it is not.</param>
    private readonly record struct Seen(long Records, long Least, long Lag, long? Grows);
}
