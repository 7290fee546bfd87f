using StreamFlow.Clients;
using StreamFlow.Measuring;

namespace StreamFlow.Runtime;

/// <summary>Counts what the group does to the partitions of a thread.</summary>
internal sealed class CountedRebalances(IRebalanceListener tasks, ThreadCounts counts) : IRebalanceListener
{
    public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
    {
        counts.Assigned++;
        return tasks.OnAssigned(leaders);
    }

    public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
    {
        counts.Revoked++;
        return tasks.OnRevoked(leaders);
    }

    public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders)
    {
        counts.Lost++;
        return tasks.OnLost(leaders);
    }
}
