using StreamFlow.Testing.Memory;

namespace StreamFlow.Testing.Driver;

/// <summary>Reads what is committed in a topic, over all its partitions in the order of appending.</summary>
internal sealed class TopicCursor(MemoryCluster cluster, string topic)
{
    private readonly Dictionary<PartitionLog, long> _positions = [];

    public int Count
    {
        get
        {
            lock (cluster.Gate)
            {
                var count = 0;
                foreach (var log in Logs())
                {
                    for (var offset = Position(log); offset < log.LastStableOffset; offset++)
                    {
                        count += log.At(offset).IsVisible(readCommitted: true) ? 1 : 0;
                    }
                }

                return count;
            }
        }
    }

    /// <returns>The record appended first of those not read yet; null when there is none.</returns>
    public LogEntry? Next()
    {
        lock (cluster.Gate)
        {
            LogEntry? first = null;
            PartitionLog? from = null;
            foreach (var log in Logs())
            {
                if (Head(log) is { } head && (first is null || head.Sequence < first.Sequence))
                {
                    first = head;
                    from = log;
                }
            }

            if (first is not null)
            {
                _positions[from!] = first.Offset + 1;
            }

            return first;
        }
    }

    private IReadOnlyList<PartitionLog> Logs() => cluster.FindTopic(topic)?.Partitions ?? [];

    private long Position(PartitionLog log) => Math.Max(_positions.GetValueOrDefault(log), log.StartOffset);

    private LogEntry? Head(PartitionLog log)
    {
        for (var offset = Position(log); offset < log.LastStableOffset; offset++)
        {
            if (log.At(offset) is var entry && entry.IsVisible(readCommitted: true))
            {
                return entry;
            }
        }

        return null;
    }
}
