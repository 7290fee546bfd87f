using System.Diagnostics.CodeAnalysis;
using StreamFlow.Clients;
using StreamFlow.Testing.Memory;

namespace StreamFlow.Testing;

/// <summary>
/// A Kafka cluster in memory: topics, consumer groups and transactions with Kafka's semantics, on a clock of the test's
/// choice, with faults by script. It has no threads: everything happens inside the calls of its clients, so a
/// single-threaded test is deterministic; several threads may use it at once under one lock.
/// </summary>
/// <remarks>
/// <para>
/// Waiting: a call that waits returns when what it waits for is there, or when its timeout has passed on the cluster's
/// clock or in reality, whichever comes first. So a thread that polls a cluster whose <see cref="VirtualTime"/> stands
/// still comes back after the real timeout, without spinning, and is woken by new records, by its group and by
/// <see cref="VirtualTime.Advance"/>. Single-threaded code uses a timeout of zero.
/// </para>
/// <para>
/// Groups follow the classic protocol with cooperative rebalancing: members answer a rebalance in their polls, and a
/// member learns of a new generation at its next poll. No member is removed for being silent;
/// <see cref="ExpireMember"/> does that, and disposing a consumer without closing it. Retention and compaction do not
/// take place.
/// </para>
/// </remarks>
[Experimental("SF0001")]
public sealed class InMemoryKafka : IKafkaClients
{
    private readonly MemoryCluster _cluster;

    /// <summary>Creates an empty cluster.</summary>
    /// <param name="options">How it behaves.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is less than 1.</exception>
    public InMemoryKafka(InMemoryKafkaOptions? options = null) =>
        _cluster = new MemoryCluster(options ?? new InMemoryKafkaOptions());

    /// <summary>The cluster's clock.</summary>
    public TimeProvider Time => _cluster.Time;

    internal MemoryCluster Cluster => _cluster;

    /// <summary>The faults it is told to show.</summary>
    public FaultPlan Faults => _cluster.Faults;

    /// <summary>Names of the topics, in ordinal order.</summary>
    public IReadOnlyList<string> Topics
    {
        get
        {
            lock (_cluster.Gate)
            {
                return [.. _cluster.Topics.Select(topic => topic.Name).Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <inheritdoc/>
    public IKafkaConsumer CreateConsumer(ConsumerRole role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return new InMemoryConsumer(_cluster, role);
    }

    /// <inheritdoc/>
    public IKafkaProducer CreateProducer(ProducerRole role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return new InMemoryProducer(_cluster, role);
    }

    /// <inheritdoc/>
    public IKafkaAdmin CreateAdmin(string clientId)
    {
        ArgumentException.ThrowIfNullOrEmpty(clientId);
        return new InMemoryAdmin(_cluster, clientId);
    }

    /// <summary>Creates a topic.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="partitionCount">Number of partitions.</param>
    /// <param name="configs">Configuration by Kafka's names; of it <c>message.timestamp.type</c> and
    /// <c>max.message.bytes</c> have an effect, the rest is kept to be read.</param>
    /// <exception cref="ArgumentException">There is such a topic.</exception>
    public void CreateTopic(
        string name, int partitionCount = 1, IReadOnlyDictionary<string, string>? configs = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(partitionCount, 1);
        lock (_cluster.Gate)
        {
            if (!_cluster.CreateTopic(name, partitionCount, configs))
            {
                throw new ArgumentException($"There is a topic '{name}' already.", nameof(name));
            }
        }
    }

    /// <summary>Gives a topic more partitions; groups that read it rebalance.</summary>
    /// <param name="name">Name of the topic.</param>
    /// <param name="partitionCount">Number of partitions it is to have; not less than now.</param>
    public void AddPartitions(string name, int partitionCount)
    {
        lock (_cluster.Gate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(partitionCount, _cluster.Topic(name).Partitions.Count);
            _cluster.AddPartitions(name, partitionCount);
        }
    }

    /// <summary>Number of partitions of a topic.</summary>
    /// <param name="topic">Name of the topic.</param>
    /// <returns>The number.</returns>
    /// <exception cref="KafkaClientException">There is no such topic.</exception>
    public int PartitionCount(string topic)
    {
        lock (_cluster.Gate)
        {
            return _cluster.Topic(topic).Partitions.Count;
        }
    }

    /// <summary>Appends a record, as another application would.</summary>
    /// <param name="partition">Where to.</param>
    /// <param name="key">Its key, or <see langword="null"/>; not copied.</param>
    /// <param name="value">Its value, or <see langword="null"/> for a tombstone; not copied.</param>
    /// <param name="timestamp">Its timestamp in milliseconds since 1970-01-01T00:00Z; left out, the cluster's
    /// clock.</param>
    /// <param name="headers">Its headers, or <see langword="null"/>.</param>
    /// <returns>Its offset.</returns>
    /// <exception cref="KafkaClientException">There is no such partition.</exception>
    public long Append(
        TopicPartition partition, byte[]? key, byte[]? value, long? timestamp = null, Headers? headers = null)
    {
        lock (_cluster.Gate)
        {
            return _cluster.Append(
                partition, timestamp ?? Time.GetUtcNow().ToUnixTimeMilliseconds(), key, value, headers, null);
        }
    }

    /// <summary>The records of a partition, deleted ones left out.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="readCommitted">Whether to leave out those of open and aborted transactions and all behind the first
    /// open one.</param>
    /// <returns>The records in offset order.</returns>
    /// <exception cref="KafkaClientException">There is no such partition.</exception>
    public IReadOnlyList<InMemoryRecord> Read(TopicPartition partition, bool readCommitted = true)
    {
        lock (_cluster.Gate)
        {
            var log = _cluster.Log(partition);
            var records = new List<InMemoryRecord>();
            for (var offset = log.StartOffset; offset < log.End(readCommitted); offset++)
            {
                var entry = log.At(offset);
                if (entry.IsVisible(readCommitted))
                {
                    records.Add(new InMemoryRecord(
                        offset, entry.Timestamp, entry.Key, entry.Value, entry.Headers ?? Headers.Empty));
                }
            }

            return records;
        }
    }

    /// <summary>First and last offsets of a partition.</summary>
    /// <param name="partition">The partition.</param>
    /// <returns>Offset of the first record, offset up to which all transactions have ended, offset after the
    /// last.</returns>
    /// <exception cref="KafkaClientException">There is no such partition.</exception>
    public (long Beginning, long LastStable, long HighWatermark) Offsets(TopicPartition partition)
    {
        lock (_cluster.Gate)
        {
            var log = _cluster.Log(partition);
            return (log.StartOffset, log.LastStableOffset, log.HighWatermark);
        }
    }

    /// <summary>The committed offsets of a group.</summary>
    /// <param name="groupId">The group.</param>
    /// <returns>Offsets by partition; empty for a group nobody knows.</returns>
    public IReadOnlyDictionary<TopicPartition, PartitionOffset> CommittedOffsets(string groupId)
    {
        lock (_cluster.Gate)
        {
            return new Dictionary<TopicPartition, PartitionOffset>(_cluster.Group(groupId).CommittedOffsets);
        }
    }

    /// <summary>Who has which partitions of the leader topics, as the group last decided.</summary>
    /// <param name="groupId">The group.</param>
    /// <returns>Partitions by the consumers' client ids.</returns>
    public IReadOnlyDictionary<string, IReadOnlyList<TopicPartition>> Assignment(string groupId)
    {
        lock (_cluster.Gate)
        {
            return _cluster.Group(groupId).Members
                .GroupBy(m => m.ClientId)
                .ToDictionary(g => g.Key, IReadOnlyList<TopicPartition> (g) => [.. g.SelectMany(m => m.Assigned)]);
        }
    }

    /// <summary>
    /// Removes a consumer from its group, as when its session ends or it exceeds <c>max.poll.interval.ms</c>: it can no
    /// longer commit, is told that its partitions are lost at its next poll, and then joins again.
    /// </summary>
    /// <param name="clientId">Client id of the consumer.</param>
    /// <exception cref="ArgumentException">No consumer of that name is in a group.</exception>
    public void ExpireMember(string clientId)
    {
        lock (_cluster.Gate)
        {
            var (group, member) = FindMember(clientId);
            group.Leave(member);
            _cluster.Pulse();
        }
    }

    /// <summary>
    /// Takes partitions from a consumer at its next poll, in an orderly way; the group rebalances then and may give
    /// them to another member or back.
    /// </summary>
    /// <param name="clientId">Client id of the consumer.</param>
    /// <param name="partitions">Partitions of the leader topics; those it does not have are left out.</param>
    /// <exception cref="ArgumentException">No consumer of that name is in a group.</exception>
    public void RevokePartitions(string clientId, params IReadOnlyCollection<TopicPartition> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        lock (_cluster.Gate)
        {
            FindMember(clientId).Member.ForcedRevocations.AddRange(partitions);
            _cluster.Pulse();
        }
    }

    /// <summary>Fences the producer of a transactional id, as a newer one would; its open transaction is
    /// aborted.</summary>
    /// <param name="transactionalId">The transactional id.</param>
    /// <exception cref="ArgumentException">No producer has registered that id.</exception>
    public void FenceProducer(string transactionalId)
    {
        ArgumentException.ThrowIfNullOrEmpty(transactionalId);
        lock (_cluster.Gate)
        {
            if (!_cluster.Transactions.TryFence(transactionalId))
            {
                throw new ArgumentException(
                    $"No producer has registered the transactional id '{transactionalId}'.", nameof(transactionalId));
            }

            _cluster.Pulse();
        }
    }

    /// <summary>Whether a transactional id has a transaction that has reached the cluster and has not ended.</summary>
    /// <param name="transactionalId">The transactional id.</param>
    /// <returns>Whether it has.</returns>
    public bool HasOpenTransaction(string transactionalId)
    {
        lock (_cluster.Gate)
        {
            _cluster.ExpireTransactions();
            return _cluster.Transactions.IsOpen(transactionalId);
        }
    }

    private (ConsumerGroup Group, GroupMember Member) FindMember(string clientId)
    {
        foreach (var group in _cluster.Groups)
        {
            if (group.Members.FirstOrDefault(m => m.ClientId == clientId) is { } member)
            {
                return (group, member);
            }
        }

        throw new ArgumentException($"No consumer '{clientId}' is in a group.", nameof(clientId));
    }
}
