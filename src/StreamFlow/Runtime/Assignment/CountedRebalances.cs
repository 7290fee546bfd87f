using StreamFlow.Clients;
using StreamFlow.Measuring;

namespace StreamFlow.Runtime;

/// <summary>Counts and remembers what the group does to the partitions of a thread.</summary>
internal sealed class CountedRebalances(IRebalanceListener tasks, ThreadCounts counts, RebalanceLog log) : IRebalanceListener
{
    public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
    {
        counts.Assigned++;
        log.Assigned(leaders);
        return tasks.OnAssigned(leaders);
    }

    public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
    {
        counts.Revoked++;
        log.Revoked(leaders);
        return tasks.OnRevoked(leaders);
    }

    public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders)
    {
        counts.Lost++;
        log.Lost(leaders);
        return tasks.OnLost(leaders);
    }
}
