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

    public TimeSpan MaxPollInterval => maxPollInterval;

    private long Now => kafka.Time.GetTimestamp();

    public int Dropped => Volatile.Read(ref _dropped);

    public IKafkaConsumer CreateConsumer(ConsumerRole role) =>
        role.GroupId is null ? kafka.CreateConsumer(role) : new Consumer(this, role, kafka.CreateConsumer(role));

    public IKafkaProducer CreateProducer(ProducerRole role) => kafka.CreateProducer(role);

    public IKafkaAdmin CreateAdmin(string clientId) => kafka.CreateAdmin(clientId);

    /// <summary>Drops a member that is over its time, whatever it asks for: a broker does not wait for its next poll.</summary>
    private void Expire(ConsumerRole role, long? polled)
    {
        if (polled is { } before && kafka.Time.GetElapsedTime(before) > maxPollInterval
            && kafka.Assignment(role.GroupId!).ContainsKey(role.ClientId))
        {
            Interlocked.Increment(ref _dropped);
            kafka.ExpireMember(role.ClientId);
        }
    }

    private sealed class Consumer(PollWatch watch, ConsumerRole role, IKafkaConsumer inner) : IKafkaConsumer
    {
        private long? _lastPoll;

        public TimeSpan MaxPollInterval => watch.MaxPollInterval;

        public void Poll(TimeSpan timeout)
        {
            watch.Expire(role, _lastPoll);
            _lastPoll = watch.Now;
            inner.Poll(timeout);
        }

        public void Subscribe(
            IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener) =>
            inner.Subscribe(leaderTopics, allTopics, listener);

        public void Assign(IReadOnlyList<PartitionOffset> partitions) => inner.Assign(partitions);

        public PartitionReader Reader(TopicPartition partition) => inner.Reader(partition);

        public void Seek(PartitionOffset offset) => inner.Seek(offset);

        public void Commit(IReadOnlyList<PartitionOffset> offsets)
        {
            watch.Expire(role, _lastPoll);
            inner.Commit(offsets);
        }

        public IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions) => inner.Committed(partitions);

        public (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout) =>
            inner.QueryOffsets(partition, timeout);

        public long QueryOffset(TopicPartition partition, long timestamp, TimeSpan timeout) =>
            inner.QueryOffset(partition, timestamp, timeout);

        public ConsumerGroupMetadata GroupMetadata()
        {
            watch.Expire(role, _lastPoll);
            return inner.GroupMetadata();
        }

        public void Close(bool leavesAlways = false) => inner.Close(leavesAlways);

        public void Dispose() => inner.Dispose();
    }
}
