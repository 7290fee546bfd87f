using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>A consumer of an in-memory cluster.</summary>
internal sealed class InMemoryConsumer : IKafkaConsumer
{
    private readonly MemoryCluster _cluster;
    private readonly ConsumerRole _role;
    private readonly Dictionary<TopicPartition, InMemoryReader> _readers = [];
    private GroupMembership? _membership;
    private IRebalanceListener? _listener;
    private bool _isClosed;

    public InMemoryConsumer(MemoryCluster cluster, ConsumerRole role)
    {
        if (role.OffsetReset is not ("earliest" or "latest" or "error"))
        {
            throw new ArgumentException(
                $"OffsetReset is '{role.OffsetReset}'; it must be earliest, latest or error.", nameof(role));
        }

        _cluster = cluster;
        _role = role;
    }

    public void Subscribe(
        IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener)
    {
        ArgumentNullException.ThrowIfNull(leaderTopics);
        ArgumentNullException.ThrowIfNull(allTopics);
        ArgumentNullException.ThrowIfNull(listener);
        ThrowIfClosed();
        if (_membership is not null)
        {
            throw new InvalidOperationException($"Consumer '{_role.ClientId}' is subscribed already.");
        }

        if (leaderTopics.Except(allTopics).FirstOrDefault() is { } missing)
        {
            throw new ArgumentException($"Leader topic '{missing}' is not among all topics.", nameof(allTopics));
        }

        lock (_cluster.Gate)
        {
            _membership = new GroupMembership(Group(), _role, [.. leaderTopics]);
            _listener = listener;
        }
    }

    public void Assign(IReadOnlyList<PartitionOffset> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        ThrowIfClosed();
        if (_membership is not null)
        {
            throw new InvalidOperationException($"Consumer '{_role.ClientId}' is subscribed and cannot be assigned to.");
        }

        lock (_cluster.Gate)
        {
            CloseReaders();
            Add(partitions);
        }
    }

    public void Poll(TimeSpan timeout)
    {
        ThrowIfClosed();
        _cluster.Call(ClientCall.Poll, _role.ClientId, timeout, () => true);
        ServeGroup();
        lock (_cluster.Gate)
        {
            ResolveStarts();
            _cluster.WaitUntil(HasNews, timeout);
        }

        ServeGroup();
        lock (_cluster.Gate)
        {
            ResolveStarts();
            foreach (var reader in _readers.Values)
            {
                reader.Look();
            }
        }
    }

    public PartitionReader Reader(TopicPartition partition)
    {
        lock (_cluster.Gate)
        {
            return Find(partition);
        }
    }

    public void Seek(PartitionOffset offset)
    {
        ThrowIfClosed();
        lock (_cluster.Gate)
        {
            var reader = Find(offset.Partition);
            reader.Seek(offset.Offset);
            Resolve(reader);
        }
    }

    public void Commit(IReadOnlyList<PartitionOffset> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ThrowIfClosed();
        var metadata = GroupMetadata() as InMemoryGroupMetadata;
        _cluster.Call(ClientCall.CommitOffsets, _role.ClientId, _cluster.Options.RequestTimeout, () =>
        {
            var group = Group();
            group.CheckMember(metadata!.MemberId, metadata.Generation, transactional: false);
            foreach (var offset in offsets)
            {
                group.Commit(offset);
            }

            return true;
        });
    }

    public IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        ThrowIfClosed();
        var timeout = _cluster.Options.RequestTimeout;
        return _cluster.Call(ClientCall.Committed, _role.ClientId, timeout, () =>
        {
            var group = Group();

            // A read_committed consumer asks for stable offsets: Kafka lets it wait for the transactions that hold them.
            if (_role.ReadCommitted && !_cluster.WaitUntil(() => !partitions.Any(group.IsUnstable), timeout))
            {
                throw new KafkaClientException(
                    $"UNSTABLE_OFFSET_COMMIT: an open transaction holds offsets of group '{group.Name}'.",
                    KafkaErrorKind.Retriable);
            }

            return (IReadOnlyList<PartitionOffset>)[.. partitions.Select(p => CommittedOf(group, p))];
        });
    }

    public (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout)
    {
        ThrowIfClosed();
        return _cluster.Call(ClientCall.QueryOffsets, _role.ClientId, timeout, () =>
        {
            var log = _cluster.Log(partition);
            return (log.StartOffset, log.End(_role.ReadCommitted));
        });
    }

    public ConsumerGroupMetadata GroupMetadata()
    {
        lock (_cluster.Gate)
        {
            return _membership?.Metadata ?? new InMemoryGroupMetadata(Group().Name, string.Empty, -1);
        }
    }

    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        if (_membership is not null)
        {
            GroupNews news;
            List<TopicPartition> partitions;
            lock (_cluster.Gate)
            {
                news = _membership.Surrender(out partitions);
            }

            Tell(news, partitions);
        }

        Dispose();
    }

    /// <summary>
    /// Without a <see cref="Close"/> before it, the end of a process: the listener hears nothing, and the group goes on
    /// without the member at once instead of after its session timeout.
    /// </summary>
    public void Dispose()
    {
        lock (_cluster.Gate)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                CloseReaders();
                _membership?.Leave();
                _cluster.Pulse();
            }
        }
    }

    private static PartitionOffset CommittedOf(ConsumerGroup group, TopicPartition partition) =>
        group.CommittedOffsets.TryGetValue(partition, out var offset) ? offset : new PartitionOffset(partition, -1);

    private bool HasNews() =>
        _membership is { HasWork: true }
        || _readers.Values.Any(reader => reader.HasNews || (!reader.IsResolved && CanResolve(reader)));

    private void ServeGroup()
    {
        while (_membership is not null)
        {
            GroupNews news;
            List<TopicPartition> partitions;
            lock (_cluster.Gate)
            {
                news = _membership.Advance(out partitions);
            }

            if (news == GroupNews.None)
            {
                return;
            }

            Tell(news, partitions);
        }
    }

    /// <summary>Calls the listener without the lock: it may use clients itself, also ones that wait.</summary>
    private void Tell(GroupNews news, List<TopicPartition> leaders)
    {
        IReadOnlyList<PartitionOffset> added = [];
        IReadOnlyList<TopicPartition> removed = [];
        try
        {
            switch (news)
            {
                case GroupNews.Assigned:
                    added = _listener!.OnAssigned(leaders);
                    break;
                case GroupNews.Revoked:
                    removed = _listener!.OnRevoked(leaders);
                    break;
                case GroupNews.Lost:
                    removed = _listener!.OnLost(leaders);
                    break;
            }
        }
        catch (Exception error)
        {
            throw new KafkaClientException(
                $"Consumer '{_role.ClientId}': the rebalance listener threw on {news} of "
                + $"{string.Join(", ", leaders)}: {error.Message} It must not throw.",
                KafkaErrorKind.Fatal, error);
        }

        lock (_cluster.Gate)
        {
            Remove(removed);
            Add(added);
        }
    }

    private void Add(IReadOnlyList<PartitionOffset> partitions)
    {
        foreach (var start in partitions)
        {
            var reader = new InMemoryReader(
                _cluster, _cluster.Log(start.Partition), _role.ReadCommitted, start.Offset);
            if (!_readers.TryAdd(start.Partition, reader))
            {
                throw new KafkaClientException(
                    $"Consumer '{_role.ClientId}' reads {start.Partition} already.", KafkaErrorKind.Fatal);
            }
        }
    }

    private void Remove(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (!_readers.Remove(partition, out var reader))
            {
                throw new KafkaClientException(
                    $"Consumer '{_role.ClientId}' was not reading {partition}.", KafkaErrorKind.Fatal);
            }

            reader.Close();
        }
    }

    private void CloseReaders()
    {
        foreach (var reader in _readers.Values)
        {
            reader.Close();
        }

        _readers.Clear();
    }

    private void ResolveStarts()
    {
        foreach (var reader in _readers.Values)
        {
            if (!reader.IsResolved || reader.Position < reader.Log.StartOffset
                || reader.Position > reader.Log.HighWatermark)
            {
                Resolve(reader);
            }
        }
    }

    private bool CanResolve(InMemoryReader reader) =>
        reader.Start != PartitionOffset.Stored || !_role.ReadCommitted || _role.GroupId is null
        || !Group().IsUnstable(reader.Partition);

    private void Resolve(InMemoryReader reader)
    {
        if (!CanResolve(reader))
        {
            return;
        }

        var log = reader.Log;
        var wanted = reader.IsResolved ? reader.Position : reader.Start;
        if (wanted == PartitionOffset.Stored)
        {
            wanted = _role.GroupId is null ? -1 : CommittedOf(Group(), reader.Partition).Offset;
        }
        else if (wanted is PartitionOffset.Beginning or PartitionOffset.End)
        {
            reader.Resolve(wanted == PartitionOffset.Beginning ? log.StartOffset : log.End(_role.ReadCommitted));
            return;
        }

        reader.Resolve(wanted >= log.StartOffset && wanted <= log.HighWatermark ? wanted : ResetOf(log, wanted));
    }

    private long ResetOf(PartitionLog log, long wanted) => _role.OffsetReset switch
    {
        "earliest" => log.StartOffset,
        "latest" => log.End(_role.ReadCommitted),
        _ => throw new KafkaClientException(
            $"Consumer '{_role.ClientId}' has no valid position in {log.Partition} "
            + (wanted < 0 ? "(nothing is committed)" : $"({wanted} is not in {log.StartOffset}..{log.HighWatermark})")
            + " and is not told to reset it.", KafkaErrorKind.Fatal),
    };

    private InMemoryReader Find(TopicPartition partition) =>
        _readers.TryGetValue(partition, out var reader)
            ? reader
            : throw new InvalidOperationException($"Consumer '{_role.ClientId}' does not read {partition}.");

    private ConsumerGroup Group() =>
        _cluster.Group(_role.GroupId
            ?? throw new InvalidOperationException($"Consumer '{_role.ClientId}' has no group id."));

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);
}
