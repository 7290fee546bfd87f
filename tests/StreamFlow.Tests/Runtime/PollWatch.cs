using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Clients on a virtual clock whose group drops a member that has not polled for longer than <c>max.poll.interval.ms</c>, as
/// a broker's does.
/// </summary>
internal sealed class PollWatch(InMemoryKafka kafka, TimeSpan maxPollInterval) : IKafkaClients
{
    private int _dropped;

    public int Dropped => Volatile.Read(ref _dropped);

    public IKafkaConsumer CreateConsumer(ConsumerRole role) =>
        role.GroupId is null ? kafka.CreateConsumer(role) : new Consumer(this, role.ClientId, kafka.CreateConsumer(role));

    public IKafkaProducer CreateProducer(ProducerRole role) => kafka.CreateProducer(role);

    public IKafkaAdmin CreateAdmin(string clientId) => kafka.CreateAdmin(clientId);

    private void Polls(string clientId, ref long? last)
    {
        var time = kafka.Time;
        if (last is { } before && time.GetElapsedTime(before) > maxPollInterval)
        {
            Interlocked.Increment(ref _dropped);
            kafka.ExpireMember(clientId);
        }

        last = time.GetTimestamp();
    }

    private sealed class Consumer(PollWatch watch, string clientId, IKafkaConsumer inner) : IKafkaConsumer
    {
        private long? _lastPoll;

        public void Poll(TimeSpan timeout)
        {
            watch.Polls(clientId, ref _lastPoll);
            inner.Poll(timeout);
        }

        public void Subscribe(
            IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener) =>
            inner.Subscribe(leaderTopics, allTopics, listener);

        public void Assign(IReadOnlyList<PartitionOffset> partitions) => inner.Assign(partitions);

        public PartitionReader Reader(TopicPartition partition) => inner.Reader(partition);

        public void Seek(PartitionOffset offset) => inner.Seek(offset);

        public void Commit(IReadOnlyList<PartitionOffset> offsets) => inner.Commit(offsets);

        public IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions) => inner.Committed(partitions);

        public (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout) =>
            inner.QueryOffsets(partition, timeout);

        public ConsumerGroupMetadata GroupMetadata() => inner.GroupMetadata();

        public void Close(bool leavesAlways = false) => inner.Close(leavesAlways);

        public void Dispose() => inner.Dispose();
    }
}
