using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// The end of a process at a chosen moment: after a number of steps every call fails with an error that nobody handles,
/// what was not sent is lost, an open transaction stays open, and nobody leaves the group in an orderly way.
/// </summary>
internal sealed class CrashingClients(IKafkaClients inner) : IKafkaClients
{
    private int _stepsLeft = int.MaxValue;

    public List<string> TransactionalIds { get; } = [];

    public bool IsDown => Volatile.Read(ref _stepsLeft) <= 0;

    public void CrashAfter(int steps) => Volatile.Write(ref _stepsLeft, steps);

    /// <summary>One moment at which the process may end.</summary>
    public void Step()
    {
        if (Volatile.Read(ref _stepsLeft) != int.MaxValue)
        {
            Interlocked.Decrement(ref _stepsLeft);
        }

        ThrowIfDown();
    }

    public void ThrowIfDown()
    {
        if (IsDown)
        {
            throw new InvalidOperationException("The process has crashed.");
        }
    }

    public IKafkaConsumer CreateConsumer(ConsumerRole role)
    {
        ThrowIfDown();
        return new Consumer(this, inner.CreateConsumer(role));
    }

    public IKafkaProducer CreateProducer(ProducerRole role)
    {
        ThrowIfDown();
        lock (TransactionalIds)
        {
            TransactionalIds.Add(role.TransactionalId!);
        }

        return new Producer(this, inner.CreateProducer(role));
    }

    public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    private sealed class Consumer(CrashingClients process, IKafkaConsumer inner) : IKafkaConsumer
    {
        public void Subscribe(
            IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener) =>
            inner.Subscribe(leaderTopics, allTopics, listener);

        public void Assign(IReadOnlyList<PartitionOffset> partitions) => inner.Assign(partitions);

        public void Poll(TimeSpan timeout)
        {
            process.ThrowIfDown();
            inner.Poll(timeout);
        }

        public PartitionReader Reader(TopicPartition partition) => inner.Reader(partition);

        public void Seek(PartitionOffset offset) => inner.Seek(offset);

        public void Commit(IReadOnlyList<PartitionOffset> offsets) =>
            throw new InvalidOperationException("With transactions the consumer itself commits nothing.");

        public IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions)
        {
            process.ThrowIfDown();
            return inner.Committed(partitions);
        }

        public (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout) =>
            inner.QueryOffsets(partition, timeout);

        public long QueryOffset(TopicPartition partition, long timestamp, TimeSpan timeout) =>
            inner.QueryOffset(partition, timestamp, timeout);

        public ConsumerGroupMetadata GroupMetadata() => inner.GroupMetadata();

        public void Close(bool leavesAlways = false)
        {
            if (process.IsDown)
            {
                inner.Dispose();
            }
            else
            {
                inner.Close(leavesAlways);
            }
        }

        public void Dispose() => inner.Dispose();
    }

    private sealed class Producer(CrashingClients process, IKafkaProducer inner) : IKafkaProducer
    {
        private int _sent;

        public ProducerTopic Topic(string name) => inner.Topic(name);

        public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
        {
            // Now and then in the middle of the records; a life that is all records would never get to its commit.
            if (++_sent % 16 == 0)
            {
                process.Step();
            }

            process.ThrowIfDown();
            return inner.TryProduce(topic, partition, in record, headers);
        }

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public bool Drain(TimeSpan timeout) => inner.Drain(timeout);

        public bool TryTakeFailure(out DeliveryFailure failure) => inner.TryTakeFailure(out failure);

        public void InitTransactions(TimeSpan timeout) => Around(() => inner.InitTransactions(timeout));

        public void BeginTransaction() => Around(inner.BeginTransaction);

        public void SendOffsetsToTransaction(
            IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout) =>
            Around(() => inner.SendOffsetsToTransaction(offsets, group, timeout));

        public void CommitTransaction(TimeSpan timeout) => Around(() => inner.CommitTransaction(timeout));

        public void AbortTransaction(TimeSpan timeout)
        {
            if (process.IsDown)
            {
                throw new KafkaClientException("The process has crashed.", KafkaErrorKind.Fatal);
            }

            inner.AbortTransaction(timeout);
        }

        public void Dispose() => inner.Dispose();

        private void Around(Action call)
        {
            process.Step();
            call();
            process.Step();
        }
    }
}
