using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>Clients whose consumers do not hand out the records of one topic while they are told not to, though they know of them.</summary>
internal sealed class WithholdingClients(IKafkaClients inner, string topic) : IKafkaClients
{
    private volatile bool _withholds;

    public bool Withholds
    {
        set => _withholds = value;
    }

    public IKafkaConsumer CreateConsumer(ConsumerRole role) => new Consumer(this, inner.CreateConsumer(role));

    public IKafkaProducer CreateProducer(ProducerRole role) => inner.CreateProducer(role);

    public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    private string TopicName => topic;

    private sealed class Consumer(WithholdingClients clients, IKafkaConsumer inner) : IKafkaConsumer
    {
        private readonly Dictionary<PartitionReader, PartitionReader> _readers = [];

        public TimeSpan MaxPollInterval => inner.MaxPollInterval;

        public PartitionReader Reader(TopicPartition partition)
        {
            var own = inner.Reader(partition);
            if (partition.Topic != clients.TopicName)
            {
                return own;
            }

            if (!_readers.TryGetValue(own, out var reader))
            {
                _readers[own] = reader = new WithholdingReader(clients, own);
            }

            return reader;
        }

        public void Subscribe(
            IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener) =>
            inner.Subscribe(leaderTopics, allTopics, listener);

        public void Assign(IReadOnlyList<PartitionOffset> partitions) => inner.Assign(partitions);

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public void Seek(PartitionOffset offset) => inner.Seek(offset);

        public void Commit(IReadOnlyList<PartitionOffset> offsets) => inner.Commit(offsets);

        public IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions) => inner.Committed(partitions);

        public (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout) =>
            inner.QueryOffsets(partition, timeout);

        public long QueryOffset(TopicPartition partition, long timestamp, TimeSpan timeout) =>
            inner.QueryOffset(partition, timestamp, timeout);

        public ConsumerGroupMetadata GroupMetadata() => inner.GroupMetadata();

        public void Close(bool leavesAlways = false) => inner.Close(leavesAlways);

        public void Dispose() => inner.Dispose();
    }

    private sealed class WithholdingReader(WithholdingClients clients, PartitionReader inner) : PartitionReader
    {
        public override TopicPartition Partition => inner.Partition;

        public override long Position => inner.Position;

        public override bool AtEnd => inner.AtEnd;

        public override long KnownEnd => inner.KnownEnd;

        public override RecordBatch Next() => clients._withholds ? NoRecords.Instance : inner.Next();
    }

    private sealed class NoRecords : RecordBatch
    {
        public static readonly NoRecords Instance = new();

        public override int Count => 0;

        public override ByteRecord Read(int index) => throw new ArgumentOutOfRangeException(nameof(index));

        public override long Timestamp(int index) => throw new ArgumentOutOfRangeException(nameof(index));

        public override Headers? ReadHeaders(int index) => throw new ArgumentOutOfRangeException(nameof(index));
    }
}
