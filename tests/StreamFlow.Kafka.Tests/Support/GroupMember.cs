using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Kafka.Consumers;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Tests.Support;

/// <summary>A member that reads what it owns, commits before it gives partitions up, and keeps a history of it.</summary>
internal sealed class GroupMember : IDisposable
{
    private readonly IKafkaConsumer _consumer;
    private readonly FollowingListener _listener;
    private readonly PartitionHistory _history;
    private readonly int _number;

    internal GroupMember(KafkaClients clients, string leader, string extra, PartitionHistory history, int number = 1)
    {
        _number = number;
        _history = history;
        _listener = new FollowingListener(extra) { BeforeRevoke = Commit, Told = Note };
        _consumer = clients.Member("g-" + leader);
        _consumer.Subscribe([leader], [leader, extra], _listener);
    }

    internal int Owned => _listener.Owned.Count;

    internal void Serve()
    {
        _consumer.Poll(TimeSpan.FromMilliseconds(1));
        foreach (var partition in _listener.Owned)
        {
            var batch = _consumer.Reader(partition).Next();
            if (batch.Count > 0)
            {
                Note(PartitionEvent.Read, partition, batch.Read(0).Offset, batch.Read(batch.Count - 1).Offset);
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
        var positions = partitions
            .Select(p => new PartitionOffset(p, _consumer.Reader(p).Position))
            .Where(o => o.Offset >= 0)
            .ToList();
        var outcome = PartitionEvent.Committed;
        try
        {
            _consumer.Commit(positions);
        }
        catch (KafkaClientException e) when (e.Kind is KafkaErrorKind.Migrated or KafkaErrorKind.Retriable)
        {
            // The group has moved on meanwhile: the next owner reads these records again.
            outcome = PartitionEvent.CommitRefused;
        }

        foreach (var position in positions)
        {
            Note(outcome, position.Partition, to: position.Offset);
        }
    }

    private void Note(PartitionEvent what, IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            Note(what, partition);
        }
    }

    private void Note(PartitionEvent what, TopicPartition partition, long from = -1, long to = -1) =>
        _history.Add(what, partition, _number, Identity(), from, to);

    private string Identity()
    {
        try
        {
            using var metadata = _consumer.GroupMetadata();
            var handle = ((MemberMetadata)metadata).Handle;
            var generation = NativeMethods.rd_kafka_consumer_group_metadata_generation_id(handle.Pointer);
            return string.Create(
                CultureInfo.InvariantCulture, $"{NativeConsumer.MemberIdOf(handle)} of generation {generation}");
        }
        catch (KafkaClientException e)
        {
            return e.Message;
        }
    }
}
