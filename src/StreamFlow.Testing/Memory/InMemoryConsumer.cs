using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>A consumer of an in-memory cluster.</summary>
internal sealed class InMemoryConsumer : IKafkaConsumer
{
    private readonly MemoryCluster _cluster;
    private readonly ConsumerRole _role;
    private readonly ReaderSet _readers;
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
        _readers = new ReaderSet(cluster, role);
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
            throw new InvalidOperationException(
                $"Consumer '{_role.ClientId}' is subscribed and cannot be assigned to.");
        }

        lock (_cluster.Gate)
        {
            _readers.Clear();
            _readers.Add(partitions);
        }
    }

    public void Poll(TimeSpan timeout)
    {
        ThrowIfClosed();
        _cluster.Call(ClientCall.Poll, _role.ClientId, timeout, () => true);
        ServeGroup();
        lock (_cluster.Gate)
        {
            _readers.ResolveStarts();
            _cluster.WaitUntil(HasNews, timeout);
        }

        ServeGroup();
        lock (_cluster.Gate)
        {
            _readers.ResolveStarts();
            _readers.Look();
        }
    }

    public PartitionReader Reader(TopicPartition partition)
    {
        lock (_cluster.Gate)
        {
            return _readers.Find(partition);
        }
    }

    public void Seek(PartitionOffset offset)
    {
        ThrowIfClosed();
        lock (_cluster.Gate)
        {
            _readers.Seek(offset);
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

            // A read_committed consumer asks for stable offsets: Kafka lets it wait for the transactions that hold
            // them.
            if (_role.ReadCommitted && !_cluster.WaitUntil(() => !partitions.Any(group.IsUnstable), timeout))
            {
                throw new KafkaClientException(
                    $"UNSTABLE_OFFSET_COMMIT: an open transaction holds offsets of group '{group.Name}'.",
                    KafkaErrorKind.Retriable);
            }

            return (IReadOnlyList<PartitionOffset>)[.. partitions.Select(group.CommittedOf)];
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

    public long QueryOffset(TopicPartition partition, long timestamp, TimeSpan timeout)
    {
        ThrowIfClosed();
        return _cluster.Call(ClientCall.QueryOffsets, _role.ClientId, timeout, () =>
        {
            var log = _cluster.Log(partition);
            for (var offset = log.StartOffset; offset < log.End(_role.ReadCommitted); offset++)
            {
                if (log.At(offset) is var entry && entry.IsVisible(_role.ReadCommitted) && entry.Timestamp >= timestamp)
                {
                    return offset;
                }
            }

            return PartitionOffset.End;
        });
    }

    public ConsumerGroupMetadata GroupMetadata()
    {
        lock (_cluster.Gate)
        {
            return _membership?.Metadata ?? new InMemoryGroupMetadata(Group().Name, string.Empty, -1);
        }
    }

    public void Close(bool leavesAlways = false)
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

        End(inOrder: true, leavesAlways);
    }

    /// <summary>
    /// Without a <see cref="Close"/> before it, the end of a process: the listener hears nothing, and the group goes on
    /// without the member at once instead of after its session timeout.
    /// </summary>
    public void Dispose() => End(inOrder: false, leavesAlways: false);

    private void End(bool inOrder, bool leavesAlways)
    {
        lock (_cluster.Gate)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                _readers.Clear();
                _membership?.Leave(inOrder, leavesAlways);
                _cluster.Pulse();
            }
        }
    }

    private bool HasNews() => _membership is { HasWork: true } || _readers.AnyNews;

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
                + $"{string.Join(", ", leaders)}: {Sentences.End(error.Message)} It must not throw.",
                KafkaErrorKind.Fatal, error);
        }

        lock (_cluster.Gate)
        {
            _readers.Remove(removed);
            _readers.Add(added);
        }
    }

    private ConsumerGroup Group() =>
        _cluster.Group(_role.GroupId
            ?? throw new InvalidOperationException($"Consumer '{_role.ClientId}' has no group id."));

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);
}
