using StreamFlow.Clients;

namespace StreamFlow.Benchmarks.Operators;

/// <summary>Counts what is produced, and hands what goes to an internal topic to that topic's reader.</summary>
internal sealed class LoopProducer : IKafkaProducer
{
    private readonly Dictionary<string, LoopTopic> _topics = new(StringComparer.Ordinal);

    /// <summary>Records to topics of others.</summary>
    public long Results => Count(topic => topic.Reader is null && !topic.IsChangelog);

    /// <summary>Records to changelogs.</summary>
    public long Changes => Count(topic => topic.IsChangelog);

    /// <summary>Records to topics that the topology reads again.</summary>
    public long Repartitioned => Count(topic => topic.Reader is not null);

    public LoopReader ReaderOf(TopicPartition partition) => Of(partition.Topic).Reader ??= new LoopReader(partition);

    public ProducerTopic Topic(string name) => Of(name);

    public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        var loop = (LoopTopic)topic;
        loop.Records++;
        loop.Reader?.Add(in record, headers);
        return true;
    }

    public void Poll(TimeSpan timeout)
    {
        // Everything is delivered at once.
    }

    public bool Drain(TimeSpan timeout) => true;

    public bool TryTakeFailure(out DeliveryFailure failure)
    {
        failure = default;
        return false;
    }

    public void InitTransactions(TimeSpan timeout) => throw NoTransactions();

    public void BeginTransaction() => throw NoTransactions();

    public void SendOffsetsToTransaction(IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout) =>
        throw NoTransactions();

    public void CommitTransaction(TimeSpan timeout) => throw NoTransactions();

    public void AbortTransaction(TimeSpan timeout) => throw NoTransactions();

    public void Dispose()
    {
        // Nothing was opened.
    }

    private LoopTopic Of(string name)
    {
        if (!_topics.TryGetValue(name, out var topic))
        {
            topic = new LoopTopic(name);
            _topics.Add(name, topic);
        }

        return topic;
    }

    private long Count(Func<LoopTopic, bool> which) => _topics.Values.Where(which).Sum(topic => topic.Records);

    private static InvalidOperationException NoTransactions() => new("Operators are measured at-least-once.");

    private sealed class LoopTopic(string name) : ProducerTopic
    {
        public override string Name => name;

        public override int PartitionCount => 1;

        public bool IsChangelog { get; } = name.EndsWith("-changelog", StringComparison.Ordinal);

        public LoopReader? Reader { get; set; }

        public long Records { get; set; }

        public override long LastDeliveredOffset(int partition) => Records - 1;
    }
}
