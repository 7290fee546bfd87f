using StreamFlow.Broker;

namespace StreamFlow.Hosting.Embedded;

/// <summary>What the embedded broker of a host tells of itself.</summary>
internal sealed class EmbeddedBrokerInsight(EmbeddedBroker broker) : IBrokerInsight
{
    public string BootstrapServers => broker.BootstrapServers;

    public IReadOnlyDictionary<TopicPartition, long> PartitionSizes() => (
        from topic in broker.Describe().Topics
        from partition in topic.Partitions
        select (Of: new TopicPartition(topic.Name, partition.Partition), partition.Bytes)).ToDictionary(p => p.Of, p => p.Bytes);

    public IReadOnlyList<OpenTransaction> OpenTransactions() =>
        [.. broker.Describe().Transactions.Select(t => new OpenTransaction(t.TransactionalId, t.State, t.Open, t.Partitions))];
}
