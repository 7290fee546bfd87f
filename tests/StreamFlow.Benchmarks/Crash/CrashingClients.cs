using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Benchmarks.Crash;

/// <summary>The production clients with crash points, and a count of what is read to restore.</summary>
internal sealed class CrashingClients(IKafkaClients inner, CrashPoints points, string output) : IKafkaClients
{
    private long _records;
    private long _bytes;

    /// <summary>Changelog records and their bytes that were read back so far.</summary>
    public (long Records, long Bytes) Replayed => (Volatile.Read(ref _records), Volatile.Read(ref _bytes));

    public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    public IKafkaProducer CreateProducer(ProducerRole role) => new Producer(inner.CreateProducer(role), points, output);

    public IKafkaConsumer CreateConsumer(ConsumerRole role) =>
        role.GroupId is null ? new RestoreConsumer(inner.CreateConsumer(role), this) : inner.CreateConsumer(role);

    private sealed class Producer(IKafkaProducer inner, CrashPoints points, string output) : IKafkaProducer
    {
        public ProducerTopic Topic(string name) => inner.Topic(name);

        public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
        {
            if (topic.Name == output)
            {
                points.Reach(CrashPoints.Processing);
            }

            return inner.TryProduce(topic, partition, in record, headers);
        }

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public bool Drain(TimeSpan timeout)
        {
            var all = inner.Drain(timeout);
            points.Reach(CrashPoints.ChangelogProduced);
            return all;
        }

        public bool TryTakeFailure(out DeliveryFailure failure) => inner.TryTakeFailure(out failure);

        public void InitTransactions(TimeSpan timeout) => inner.InitTransactions(timeout);

        public void BeginTransaction() => inner.BeginTransaction();

        public void SendOffsetsToTransaction(
            IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout)
        {
            points.Reach(CrashPoints.BeforeOffsets);
            inner.SendOffsetsToTransaction(offsets, group, timeout);
            points.Reach(CrashPoints.AfterOffsets);
        }

        public void CommitTransaction(TimeSpan timeout)
        {
            points.BeginCommit();
            inner.CommitTransaction(timeout);
            points.Reach(CrashPoints.AfterCommit);
        }

        public void AbortTransaction(TimeSpan timeout) => inner.AbortTransaction(timeout);

        public void Dispose() => inner.Dispose();
    }

    private sealed class RestoreConsumer(IKafkaConsumer inner, CrashingClients owner) : IKafkaConsumer
    {
        private readonly Dictionary<TopicPartition, (PartitionReader Inner, CountingReader Counting)> _readers = [];

        public void Subscribe(
            IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener) =>
            inner.Subscribe(leaderTopics, allTopics, listener);

        public void Assign(IReadOnlyList<PartitionOffset> partitions) => inner.Assign(partitions);

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public PartitionReader Reader(TopicPartition partition)
        {
            var reader = inner.Reader(partition);
            if (!_readers.TryGetValue(partition, out var known) || known.Inner != reader)
            {
                known = (reader, new CountingReader(reader, owner));
                _readers[partition] = known;
            }

            return known.Counting;
        }

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

    private sealed class CountingReader(PartitionReader inner, CrashingClients owner) : PartitionReader
    {
        public override TopicPartition Partition => inner.Partition;

        public override long Position => inner.Position;

        public override bool AtEnd => inner.AtEnd;

        public override RecordBatch Next()
        {
            var batch = inner.Next();
            var bytes = 0L;
            for (var i = 0; i < batch.Count; i++)
            {
                var record = batch.Read(i);
                bytes += record.Key.Length + record.Value.Length;
            }

            Interlocked.Add(ref owner._records, batch.Count);
            Interlocked.Add(ref owner._bytes, bytes);
            return batch;
        }
    }
}

/// <summary>The production stores with crash points around the batch of each commit.</summary>
internal sealed class CrashingStores(IStoreBackendFactory inner, CrashPoints points) : IStoreBackendFactory
{
    public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames) =>
        new Backend(inner.Open(taskId, directory, storeNames), points);

    private sealed class Backend(IStoreBackend inner, CrashPoints points) : IStoreBackend
    {
        public bool IsPersistent => inner.IsPersistent;

        public IReadOnlyList<IByteStore> Stores => inner.Stores;

        public bool TryGetChangelogOffset(int store, out long offset) => inner.TryGetChangelogOffset(store, out offset);

        public void Write(StoreBatch batch)
        {
            points.Reach(CrashPoints.BeforeWrite);
            inner.Write(batch);
            points.Reach(CrashPoints.AfterWrite);
        }

        public void Flush() => inner.Flush();

        public void Dispose() => inner.Dispose();
    }
}
