using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>Reads partitions of a topic, without a group and without leaving a trace, up to where they end now.</summary>
internal sealed class PartitionScan : IDisposable
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(10);
    private readonly IKafkaConsumer _consumer;
    private readonly TimeProvider _time;

    /// <param name="clients">The way to Kafka.</param>
    /// <param name="clientId">Name shown by the broker.</param>
    /// <param name="time">The clock.</param>
    public PartitionScan(IKafkaClients clients, string clientId, TimeProvider time)
    {
        _time = time;
        _consumer = clients.CreateConsumer(new ConsumerRole(clientId, null, null, ReadCommitted: true, "earliest"));
    }

    /// <summary>First offset of a partition, and the one behind its last.</summary>
    public (long Start, long End) Bounds(TopicPartition partition) => _consumer.QueryOffsets(partition, QueryTimeout);

    /// <summary>Offset of the first record that is not older than a time; the end where all are.</summary>
    public long At(TopicPartition partition, long timestamp, long end) =>
        _consumer.QueryOffset(partition, timestamp, QueryTimeout) is var found and >= 0 ? found : end;

    /// <summary>Reads from some offsets on.</summary>
    /// <param name="from">First offset of each partition.</param>
    /// <param name="ends">Offsets behind the last ones to read.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="take">Gets each record; says whether to read on in its partition.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Where reading stopped, by partition: the next offset.</returns>
    public IReadOnlyDictionary<TopicPartition, long> Read(
        IReadOnlyDictionary<TopicPartition, long> from, IReadOnlyDictionary<TopicPartition, long> ends, TimeSpan limit,
        Func<ReadRecord, bool> take, CancellationToken cancellationToken)
    {
        var positions = new Dictionary<TopicPartition, long>(from);
        var open = from.Where(p => p.Value < ends[p.Key]).Select(p => p.Key).ToHashSet();
        _consumer.Assign([.. open.Select(p => new PartitionOffset(p, from[p]))]);
        var began = _time.GetTimestamp();
        while (open.Count > 0 && _time.GetElapsedTime(began) < limit)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var any = false;
            foreach (var partition in open.ToList())
            {
                var reader = _consumer.Reader(partition);
                any |= ReadBatch(reader, positions, ends[partition], take, out var isDone);

                // Markers of transactions have offsets and are no records.
                if (isDone || reader.Position >= ends[partition])
                {
                    positions[partition] = isDone ? positions[partition] : ends[partition];
                    open.Remove(partition);
                }
            }

            _consumer.Poll(any ? TimeSpan.Zero : PollTimeout);
        }

        _consumer.Assign([]);
        return positions;
    }

    public void Dispose()
    {
        _consumer.Close();
        _consumer.Dispose();
    }

    private static bool ReadBatch(
        PartitionReader reader, Dictionary<TopicPartition, long> positions, long end, Func<ReadRecord, bool> take, out bool isDone)
    {
        isDone = false;
        var batch = reader.Next();
        for (var i = 0; i < batch.Count && !isDone; i++)
        {
            var record = batch.Read(i);
            if (record.Offset >= end)
            {
                positions[reader.Partition] = end;
                isDone = true;
                continue;
            }

            positions[reader.Partition] = record.Offset + 1;
            isDone = !take(new ReadRecord(
                reader.Partition,
                record.Offset,
                record.Timestamp,
                record.HasKey ? record.Key.ToArray() : null,
                record.HasValue ? record.Value.ToArray() : null,
                batch.ReadHeaders(i) ?? Headers.Empty)) || record.Offset + 1 >= end;
        }

        return batch.Count > 0;
    }
}
