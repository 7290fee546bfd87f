using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>The partitions a consumer reads and its positions in them. Callers hold the cluster's lock.</summary>
internal sealed class ReaderSet(MemoryCluster cluster, ConsumerRole role)
{
    private readonly Dictionary<TopicPartition, InMemoryReader> _readers = [];

    /// <summary>Whether a poll has reason to return.</summary>
    public bool AnyNews =>
        _readers.Values.Any(reader => reader.HasNews || (!reader.IsResolved && CanResolve(reader)));

    public void Seek(PartitionOffset offset)
    {
        var reader = Find(offset.Partition);
        reader.Seek(offset.Offset);
        Resolve(reader);
    }

    public void Look()
    {
        foreach (var reader in _readers.Values)
        {
            reader.Look();
        }
    }

    public InMemoryReader Find(TopicPartition partition) =>
        _readers.TryGetValue(partition, out var reader)
            ? reader
            : throw new InvalidOperationException($"Consumer '{role.ClientId}' does not read {partition}.");

    public void Add(IReadOnlyList<PartitionOffset> partitions)
    {
        foreach (var start in partitions)
        {
            var reader = new InMemoryReader(
                cluster, cluster.Log(start.Partition), role.ReadCommitted, start.Offset);
            if (!_readers.TryAdd(start.Partition, reader))
            {
                throw new KafkaClientException(
                    $"Consumer '{role.ClientId}' reads {start.Partition} already.", KafkaErrorKind.Fatal);
            }
        }
    }

    public void Remove(IReadOnlyList<TopicPartition> partitions)
    {
        foreach (var partition in partitions)
        {
            if (!_readers.Remove(partition, out var reader))
            {
                throw new KafkaClientException(
                    $"Consumer '{role.ClientId}' was not reading {partition}.", KafkaErrorKind.Fatal);
            }

            reader.Close();
        }
    }

    public void Clear()
    {
        foreach (var reader in _readers.Values)
        {
            reader.Close();
        }

        _readers.Clear();
    }

    /// <summary>Gives readers without a valid position one, as the reset policy says.</summary>
    public void ResolveStarts()
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
        reader.Start != PartitionOffset.Stored || !role.ReadCommitted || role.GroupId is null
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
            wanted = role.GroupId is null ? -1 : Group().CommittedOf(reader.Partition).Offset;
        }
        else if (wanted is PartitionOffset.Beginning or PartitionOffset.End)
        {
            reader.Resolve(wanted == PartitionOffset.Beginning ? log.StartOffset : log.End(role.ReadCommitted));
            return;
        }

        reader.Resolve(wanted >= log.StartOffset && wanted <= log.HighWatermark ? wanted : ResetOf(log, wanted));
    }

    private long ResetOf(PartitionLog log, long wanted) => role.OffsetReset switch
    {
        "earliest" => log.StartOffset,
        "latest" => log.End(role.ReadCommitted),
        _ => throw new KafkaClientException(
            $"Consumer '{role.ClientId}' has no valid position in {log.Partition} "
            + (wanted < 0 ? "(nothing is committed)" : $"({wanted} is not in {log.StartOffset}..{log.HighWatermark})")
            + " and is not told to reset it.", KafkaErrorKind.Fatal),
    };

    private ConsumerGroup Group() => cluster.Group(role.GroupId!);
}
