using StreamFlow.Clients;

namespace StreamFlow.Kafka.Tests.Support;

/// <summary>A member that reads what it owns, counts it, and commits before it gives partitions up.</summary>
internal sealed class GroupMember : IDisposable
{
    private readonly IKafkaConsumer _consumer;
    private readonly FollowingListener _listener;

    internal GroupMember(KafkaClients clients, string leader, string extra)
    {
        _listener = new FollowingListener(extra);
        _consumer = clients.Member("g-" + leader);
        _listener.BeforeRevoke = Commit;
        _consumer.Subscribe([leader], [leader, extra], _listener);
    }

    internal int CommitsRefused { get; private set; }

    internal int Owned => _listener.Owned.Count;

    internal void Serve(Dictionary<(TopicPartition Partition, long Offset), int> seen)
    {
        _consumer.Poll(TimeSpan.FromMilliseconds(1));
        foreach (var partition in _listener.Owned)
        {
            var batch = _consumer.Reader(partition).Next();
            for (var i = 0; i < batch.Count; i++)
            {
                var key = (partition, batch.Read(i).Offset);
                seen[key] = seen.GetValueOrDefault(key) + 1;
            }
        }
    }

    /// <summary>Leaves the group; every partition must have been taken back by then.</summary>
    internal void Close()
    {
        _consumer.Close();
        Assert.Empty(_listener.Owned);
    }

    public void Dispose() => _consumer.Dispose();

    private void Commit(IReadOnlyList<TopicPartition> partitions)
    {
        try
        {
            _consumer.Commit(
                [.. partitions
                    .Select(p => new PartitionOffset(p, _consumer.Reader(p).Position))
                    .Where(o => o.Offset >= 0)]);
        }
        catch (KafkaClientException e) when (e.Kind is KafkaErrorKind.Migrated or KafkaErrorKind.Retriable)
        {
            // The group has moved on meanwhile: the next owner reads these records again.
            CommitsRefused++;
        }
    }
}
