using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>The first records that a thread has taken from the inputs of a task; they outlive rewinds of the task.</summary>
internal sealed class FirstOffsets
{
    private readonly Dictionary<TopicPartition, long> _offsets = [];

    /// <summary>Keeps what the queues know before they are given up.</summary>
    public void Remember(IReadOnlyList<PartitionQueue> queues)
    {
        foreach (var queue in queues)
        {
            if (queue.FirstOffset >= 0)
            {
                _offsets.TryAdd(queue.Partition, queue.FirstOffset);
            }
        }
    }

    /// <summary>Takes over from a task that was closed on this thread while the reading went on.</summary>
    public void TakeOver(FirstOffsets former)
    {
        foreach (var (partition, offset) in former._offsets)
        {
            _offsets.TryAdd(partition, offset);
        }
    }

    /// <summary>
    /// Where to read a partition again of which this thread has taken records. Without a commit that is the first of
    /// them, not where the offset policy says: "latest" would skip what was given up.
    /// </summary>
    /// <returns>Null when the thread has taken nothing from it, so that its position is right.</returns>
    public PartitionOffset? RestartOf(PartitionOffset committed) =>
        !_offsets.TryGetValue(committed.Partition, out var first) ? null
        : committed.Offset >= 0 ? committed with { Metadata = null }
        : committed with { Offset = first, Metadata = null };
}
