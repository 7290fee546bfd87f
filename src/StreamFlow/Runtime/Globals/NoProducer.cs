using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>In the place of a producer where nothing is written: global tables are copies of what others have written.</summary>
internal sealed class NoProducer : IKafkaProducer
{
    public ProducerTopic Topic(string name) => throw Nothing();

    public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers) => throw Nothing();

    public void Poll(TimeSpan timeout)
    {
        // There is nothing to wait for.
    }

    public bool Drain(TimeSpan timeout) => true;

    public bool TryTakeFailure(out DeliveryFailure failure)
    {
        failure = default;
        return false;
    }

    public void InitTransactions(TimeSpan timeout) => throw Nothing();

    public void BeginTransaction() => throw Nothing();

    public void SendOffsetsToTransaction(IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout) =>
        throw Nothing();

    public void CommitTransaction(TimeSpan timeout) => throw Nothing();

    public void AbortTransaction(TimeSpan timeout) => throw Nothing();

    public void Dispose()
    {
        // Nothing was opened.
    }

    private static InvalidOperationException Nothing() => new("What keeps global tables writes to no topic.");
}
