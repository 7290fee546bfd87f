using System.Diagnostics;
using System.Text.Json.Nodes;
using StreamFlow.Clients;

namespace StreamFlow.Benchmarks.Measuring;

/// <summary>
/// The production clients with a stopwatch around the calls that a commit makes: wait for acknowledgements, send the
/// positions, commit. Of a record nothing is added but one call.
/// </summary>
internal sealed class TimedClients(IKafkaClients inner) : IKafkaClients
{
    private readonly Lock _gate = new();
    private readonly List<Commit> _commits = [];
    private Commit _open;

    public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    public IKafkaProducer CreateProducer(ProducerRole role) => new Producer(inner.CreateProducer(role), this);

    public IKafkaConsumer CreateConsumer(ConsumerRole role) => new Consumer(inner.CreateConsumer(role), this);

    /// <summary>Forgets what was measured so far.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _commits.Clear();
        }
    }

    /// <summary>Adds medians and 99th percentiles, in milliseconds, of what was measured with one thread.</summary>
    public void Describe(JsonObject line)
    {
        lock (_gate)
        {
            line["commits"] = _commits.Count;
            Add(line, "commit", c => c.Drain + c.Offsets + c.Commitment);
            Add(line, "drain", c => c.Drain);
            Add(line, "offsets", c => c.Offsets);
            Add(line, "end", c => c.Commitment);
        }
    }

    private void Add(JsonObject line, string name, Func<Commit, double> part)
    {
        double[] sorted = [.. _commits.Select(part).Order()];
        if (sorted.Length > 0)
        {
            line[name + "_p50_ms"] = Results.Round(sorted[sorted.Length / 2]);
            line[name + "_p99_ms"] = Results.Round(sorted[(int)(sorted.Length * 0.99)]);
        }
    }

    private static double Time(Action call)
    {
        var began = Stopwatch.GetTimestamp();
        call();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private void Update(Func<Commit, Commit> change)
    {
        lock (_gate)
        {
            _open = change(_open);
        }
    }

    private void End(double milliseconds)
    {
        lock (_gate)
        {
            _commits.Add(_open with { Commitment = milliseconds });
            _open = default;
        }
    }

    private readonly record struct Commit(double Drain, double Offsets, double Commitment);

    private sealed class Producer(IKafkaProducer inner, TimedClients owner) : IKafkaProducer
    {
        public ProducerTopic Topic(string name) => inner.Topic(name);

        public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers) =>
            inner.TryProduce(topic, partition, in record, headers);

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public bool Drain(TimeSpan timeout)
        {
            var all = false;
            var time = Time(() => all = inner.Drain(timeout));
            owner.Update(commit => commit with { Drain = commit.Drain + time });
            return all;
        }

        public bool TryTakeFailure(out DeliveryFailure failure) => inner.TryTakeFailure(out failure);

        public void InitTransactions(TimeSpan timeout) => inner.InitTransactions(timeout);

        public void BeginTransaction() => inner.BeginTransaction();

        public void SendOffsetsToTransaction(
            IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout)
        {
            var time = Time(() => inner.SendOffsetsToTransaction(offsets, group, timeout));
            owner.Update(commit => commit with { Offsets = commit.Offsets + time });
        }

        public void CommitTransaction(TimeSpan timeout) => owner.End(Time(() => inner.CommitTransaction(timeout)));

        public void AbortTransaction(TimeSpan timeout) => inner.AbortTransaction(timeout);

        public void Dispose() => inner.Dispose();
    }

    private sealed class Consumer(IKafkaConsumer inner, TimedClients owner) : IKafkaConsumer
    {
        public void Subscribe(
            IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener) =>
            inner.Subscribe(leaderTopics, allTopics, listener);

        public void Assign(IReadOnlyList<PartitionOffset> partitions) => inner.Assign(partitions);

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public PartitionReader Reader(TopicPartition partition) => inner.Reader(partition);

        public void Seek(PartitionOffset offset) => inner.Seek(offset);

        public void Commit(IReadOnlyList<PartitionOffset> offsets) => owner.End(Time(() => inner.Commit(offsets)));

        public IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions) => inner.Committed(partitions);

        public (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout) =>
            inner.QueryOffsets(partition, timeout);

        public long QueryOffset(TopicPartition partition, long timestamp, TimeSpan timeout) =>
            inner.QueryOffset(partition, timestamp, timeout);

        public ConsumerGroupMetadata GroupMetadata() => inner.GroupMetadata();

        public void Close(bool leavesAlways = false) => inner.Close(leavesAlways);

        public void Dispose() => inner.Dispose();
    }
}
