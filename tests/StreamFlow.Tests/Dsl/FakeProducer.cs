using StreamFlow.Clients;

namespace StreamFlow.Tests.Dsl;

/// <summary>A record as it was produced.</summary>
internal sealed record ProducedRecord(
    string Topic, int Partition, byte[]? Key, byte[]? Value, long Timestamp, Headers? Headers);

/// <summary>Takes every record; keeps them, or only counts them where the test counts allocations.</summary>
internal sealed class FakeProducer(int partitionCount, bool keep = true) : IKafkaProducer
{
    /// <summary>Length of values above which records are refused.</summary>
    public const int MaxValueBytes = 1000;

    private readonly Dictionary<string, FakeTopic> _topics = [];

    public Queue<ProducedRecord> Records { get; } = [];

    public int Count { get; private set; }

    /// <summary>A topic that does not exist.</summary>
    public string? Missing { get; set; }

    public ProducerTopic Topic(string name)
    {
        if (name == Missing)
        {
            throw new KafkaClientException($"There is no topic '{name}'.", KafkaErrorKind.Refused);
        }

        if (!_topics.TryGetValue(name, out var topic))
        {
            topic = new FakeTopic(name, partitionCount);
            _topics.Add(name, topic);
        }

        return topic;
    }

    public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        if (record.Value.Length > MaxValueBytes)
        {
            throw new KafkaClientException("Record too large.", KafkaErrorKind.Refused);
        }

        Count++;
        if (keep)
        {
            Records.Enqueue(new ProducedRecord(
                topic.Name,
                partition,
                record.HasKey ? record.Key.ToArray() : null,
                record.HasValue ? record.Value.ToArray() : null,
                record.Timestamp,
                headers));
        }

        return true;
    }

    public void Poll(TimeSpan timeout)
    {
    }

    public bool Drain(TimeSpan timeout) => true;

    public bool TryTakeFailure(out DeliveryFailure failure)
    {
        failure = default;
        return false;
    }

    public void InitTransactions(TimeSpan timeout) => throw new NotSupportedException();

    public void BeginTransaction() => throw new NotSupportedException();

    public void SendOffsetsToTransaction(
        IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout) =>
        throw new NotSupportedException();

    public void CommitTransaction(TimeSpan timeout) => throw new NotSupportedException();

    public void AbortTransaction(TimeSpan timeout) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class FakeTopic(string name, int partitionCount) : ProducerTopic
    {
        public override string Name => name;

        public override int PartitionCount => partitionCount;

        public override long LastDeliveredOffset(int partition) => -1;
    }
}
