using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>Clients whose producers refuse at once, as librdkafka does, records that are too large for a topic.</summary>
internal sealed class PickyClients(IKafkaClients inner, string topic, int maxBytes) : IKafkaClients
{
    private int _refused;
    private int _aborts;
    private int _producers;
    private int _unfinishedDrains;

    public int Refused => Volatile.Read(ref _refused);

    public int Aborts => Volatile.Read(ref _aborts);

    public int UnfinishedDrains => Volatile.Read(ref _unfinishedDrains);

    public int Producers => Volatile.Read(ref _producers);

    public IKafkaConsumer CreateConsumer(ConsumerRole role) => inner.CreateConsumer(role);

    public IKafkaProducer CreateProducer(ProducerRole role)
    {
        Interlocked.Increment(ref _producers);
        return new Producer(this, inner.CreateProducer(role));
    }

    public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    private sealed class Producer(PickyClients clients, IKafkaProducer inner) : IKafkaProducer
    {
        private readonly string _topic = clients.TopicName;

        public ProducerTopic Topic(string name) => inner.Topic(name);

        public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
        {
            var size = record.Key.Length + record.Value.Length + (headers?.Sum(h => h.Key.Length + (h.Value?.Length ?? 0)) ?? 0);
            if (topic.Name == _topic && size > clients.MaxBytes)
            {
                Interlocked.Increment(ref clients._refused);
                throw new KafkaClientException($"MSG_SIZE_TOO_LARGE: a record for {topic.Name} is refused at once.", KafkaErrorKind.Refused);
            }

            return inner.TryProduce(topic, partition, in record, headers);
        }

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public bool Drain(TimeSpan timeout)
        {
            if (inner.Drain(timeout))
            {
                return true;
            }

            Interlocked.Increment(ref clients._unfinishedDrains);
            return false;
        }

        public bool TryTakeFailure(out DeliveryFailure failure) => inner.TryTakeFailure(out failure);

        public void InitTransactions(TimeSpan timeout) => inner.InitTransactions(timeout);

        public void BeginTransaction() => inner.BeginTransaction();

        public void SendOffsetsToTransaction(
            IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout) =>
            inner.SendOffsetsToTransaction(offsets, group, timeout);

        public void CommitTransaction(TimeSpan timeout) => inner.CommitTransaction(timeout);

        public void AbortTransaction(TimeSpan timeout)
        {
            Interlocked.Increment(ref clients._aborts);
            inner.AbortTransaction(timeout);
        }

        public void Dispose() => inner.Dispose();
    }

    private string TopicName => topic;

    private int MaxBytes => maxBytes;
}
