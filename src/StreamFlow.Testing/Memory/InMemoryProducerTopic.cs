using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>A topic as one producer knows it.</summary>
internal sealed class InMemoryProducerTopic(MemoryCluster cluster, MemoryTopic topic) : ProducerTopic
{
    private readonly Dictionary<int, long> _delivered = [];

    public override string Name => topic.Name;

    public override int PartitionCount
    {
        get
        {
            lock (cluster.Gate)
            {
                return topic.Partitions.Count;
            }
        }
    }

    public override long LastDeliveredOffset(int partition) => _delivered.GetValueOrDefault(partition, -1);

    public void Delivered(int partition, long offset) => _delivered[partition] = offset;
}
