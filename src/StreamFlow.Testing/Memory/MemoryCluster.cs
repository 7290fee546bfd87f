using System.Globalization;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>
/// What the clients of one cluster share: topics, groups, transactions, one lock over all of it, and the waiting.
/// </summary>
internal sealed class MemoryCluster
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private readonly Dictionary<string, MemoryTopic> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConsumerGroup> _groups = new(StringComparer.Ordinal);
    private long _sequence;
    private long _lastTopicId;

    public MemoryCluster(InMemoryKafkaOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DefaultPartitions, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBatchRecords, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ProducerQueueCapacity, 1, nameof(options));
        Options = options;
        Time = options.Time ?? new VirtualTime();
        Transactions = new TransactionCoordinator(Time, options.MaxTransactionTimeout);
        if (Time is VirtualTime clock)
        {
            clock.Advanced += (_, _) => OnAdvanced();
        }
    }

    /// <summary>Guards everything below; a Monitor, because clients wait on it for news.</summary>
    public object Gate { get; } = new();

    public InMemoryKafkaOptions Options { get; }

    public TimeProvider Time { get; }

    public FaultPlan Faults { get; } = new();

    public TransactionCoordinator Transactions { get; }

    public IEnumerable<MemoryTopic> Topics => _topics.Values;

    public IEnumerable<ConsumerGroup> Groups => _groups.Values;

    public MemoryTopic? FindTopic(string name) => _topics.GetValueOrDefault(name);

    public MemoryTopic Topic(string name) =>
        FindTopic(name)
        ?? throw new KafkaClientException(
            $"UNKNOWN_TOPIC_OR_PARTITION: there is no topic '{name}'. Create it first.", KafkaErrorKind.Refused);

    /// <summary>The topic, created if the cluster is allowed to.</summary>
    public MemoryTopic TopicOrCreate(string name)
    {
        if (Options.AutoCreateTopics && FindTopic(name) is null)
        {
            CreateTopic(name, Options.DefaultPartitions, null);
        }

        return Topic(name);
    }

    public PartitionLog Log(TopicPartition partition)
    {
        var logs = Topic(partition.Topic).Partitions;
        return partition.Partition >= 0 && partition.Partition < logs.Count
            ? logs[partition.Partition]
            : throw new KafkaClientException(
                $"UNKNOWN_TOPIC_OR_PARTITION: topic '{partition.Topic}' has {logs.Count} partitions, "
                + $"there is no partition {partition.Partition}.", KafkaErrorKind.Fatal);
    }

    /// <returns>False when it exists already.</returns>
    public bool CreateTopic(string name, int partitionCount, IReadOnlyDictionary<string, string>? configs)
    {
        var id = (++_lastTopicId).ToString(CultureInfo.InvariantCulture);
        if (!_topics.TryAdd(name, new MemoryTopic(name, id, partitionCount, configs)))
        {
            return false;
        }

        OnPartitionsChanged(name);
        return true;
    }

    public void AddPartitions(string name, int partitionCount)
    {
        Topic(name).AddPartitions(partitionCount);
        OnPartitionsChanged(name);
    }

    public IReadOnlyCollection<TopicPartition> PartitionsOf(IEnumerable<string> topics) =>
        [.. topics.Select(FindTopic).OfType<MemoryTopic>().SelectMany(t => t.Partitions).Select(log => log.Partition)];

    public ConsumerGroup Group(string name)
    {
        if (!_groups.TryGetValue(name, out var group))
        {
            _groups[name] = group = new ConsumerGroup(name, this);
        }

        return group;
    }

    public long Append(
        TopicPartition partition, long timestamp, byte[]? key, byte[]? value, Headers? headers,
        Transaction? transaction)
    {
        var topic = Topic(partition.Topic);
        var time = topic.UsesAppendTime ? Time.GetUtcNow().ToUnixTimeMilliseconds() : timestamp;
        var entry = new LogEntry(-1, time, key, value, headers, transaction, IsControl: false)
        {
            Sequence = _sequence++,
        };
        var offset = Log(partition).Append(entry);
        Pulse();
        return offset;
    }

    /// <summary>Carries a call of a client out, unless a fault is scripted for it.</summary>
    public T Call<T>(ClientCall call, string clientId, TimeSpan timeout, Func<T> effect)
    {
        lock (Gate)
        {
            ExpireTransactions();
            var fault = Faults.Take(call, clientId);
            if (fault is { Delay.Ticks: > 0 })
            {
                HoldBack(call, clientId, fault.Delay, timeout);
            }

            if (fault is { Kind: not null, AfterEffect: false })
            {
                throw fault.ToException(clientId);
            }

            var result = effect();
            Pulse();
            return fault is { Kind: not null } ? throw fault.ToException(clientId) : result;
        }
    }

    /// <summary>
    /// Waits, with the lock given up meanwhile, until the condition holds or the time has passed on the cluster's clock
    /// or in reality, whichever comes first: a thread that polls a cluster whose clock stands still must come back.
    /// </summary>
    /// <returns>Whether the condition holds.</returns>
    public bool WaitUntil(Func<bool> condition, TimeSpan timeout)
    {
        var start = Time.GetTimestamp();
        var realStart = TimeProvider.System.GetTimestamp();
        var limit = timeout < TimeSpan.Zero ? TimeSpan.MaxValue : timeout;
        while (!condition())
        {
            var left = limit - TimeProvider.System.GetElapsedTime(realStart);
            if (left <= TimeSpan.Zero || Time.GetElapsedTime(start) >= limit)
            {
                return false;
            }

            Monitor.Wait(Gate, left < LongestWait ? left : LongestWait);
            ExpireTransactions();
        }

        return true;
    }

    public void Pulse() => Monitor.PulseAll(Gate);

    public void ExpireTransactions()
    {
        if (Transactions.ExpireDue())
        {
            Pulse();
        }
    }

    private void HoldBack(ClientCall call, string clientId, TimeSpan delay, TimeSpan timeout)
    {
        var isLate = timeout >= TimeSpan.Zero && timeout < delay;
        WaitUntil(() => false, isLate ? timeout : delay);
        if (isLate)
        {
            throw new KafkaClientException(
                $"REQUEST_TIMED_OUT: {call} of '{clientId}' was not answered within {timeout}.",
                KafkaErrorKind.Retriable);
        }
    }

    private void OnAdvanced()
    {
        lock (Gate)
        {
            ExpireTransactions();
            Pulse();
        }
    }

    private void OnPartitionsChanged(string topic)
    {
        foreach (var group in _groups.Values.Where(g => g.Members.Any(m => m.Topics.Contains(topic))))
        {
            group.RequestRebalance();
        }

        Pulse();
    }
}
