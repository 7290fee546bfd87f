using System.Collections.Concurrent;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Groups;

/// <summary>The outcome of an append.</summary>
/// <param name="Error">None, or why nothing was appended.</param>
/// <param name="Offset">Where in the log the batch is: decides which of two commits is the newer.</param>
/// <param name="Durable">Completes when the flush policy is satisfied, faults when the disk failed.</param>
internal sealed record JournalWrite(ErrorCode Error, long Offset, Task Durable)
{
    /// <summary>The batch was refused for its size; the log is as good as before.</summary>
    public bool IsTooLarge => Error is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge;
}

/// <summary>
/// One record of the log: of an offset if <paramref name="Key"/> is set, of a consumer group if
/// <see cref="Consumers"/> is, else of a classic group.
/// </summary>
/// <param name="GroupId">The group.</param>
/// <param name="Key">The partition an offset belongs to.</param>
/// <param name="Offset">The committed offset; null for its tombstone.</param>
/// <param name="Group">The stored classic group; null for its tombstone.</param>
/// <param name="LogOffset">Where in the log the record's batch is.</param>
internal readonly record struct JournalRecord(
    string GroupId, OffsetKey? Key, CommittedOffset? Offset, GroupSnapshot? Group, long LogOffset)
{
    /// <summary>A change of a consumer group; null for any other record.</summary>
    public ConsumerGroupRecord? Consumers { get; init; }

    /// <summary>Whose transaction the record belongs to or ends; −1 for a plain record.</summary>
    public long ProducerId { get; init; } = -1;

    /// <summary>The record ends a transaction and says nothing else.</summary>
    public bool IsMarker { get; init; }

    /// <summary>For a marker: whether the transaction committed.</summary>
    public bool IsCommit { get; init; }
}

/// <summary>Groups and committed offsets on a compacted partition log. May be used by any thread.</summary>
internal sealed class GroupJournal(PartitionLog log)
{
    private readonly ConcurrentBag<JournalBatch> _idle = [];

    /// <summary>Whether nobody knows what it says: it is damaged.</summary>
    public bool IsOffline => log.IsOffline;

    /// <summary>
    /// The settings of the internal topic: compacted, and with room for the record of a group of thousands of
    /// members. Segments are small because only closed ones are compacted and every start reads them all.
    /// </summary>
    public static IReadOnlyDictionary<string, string> TopicSettings { get; } = new Dictionary<string, string>
    {
        [TopicConfigs.CleanupPolicyName] = "compact",
        [TopicConfigs.SegmentBytesName] = "8388608",
        [TopicConfigs.MaxMessageBytesName] = "8388608",
    };

    /// <summary>An empty batch; dispose of it when what was added is appended or given up.</summary>
    public JournalBatch Rent() => _idle.TryTake(out JournalBatch? batch) ? batch : new JournalBatch(log, _idle.Add);

    /// <summary>Appends the marker that ends a producer's transaction.</summary>
    public ErrorCode AppendMarker(
        long producerId, short producerEpoch, bool commit, int coordinatorEpoch, AppendOrigin origin, long nowMs) =>
        log.Append(
            RecordBatchBuilder.BuildMarker(producerId, producerEpoch, commit, coordinatorEpoch, nowMs), origin).Error;

    /// <summary>Reads the whole log in order.</summary>
    /// <exception cref="InvalidDataException">A record cannot be read, although its batch is intact.</exception>
    public IEnumerable<JournalRecord> ReadAll() => LogScan.Batches(log).SelectMany(Decode);

    private static List<JournalRecord> Decode(ReadOnlyMemory<byte> batch)
    {
        _ = BatchHeader.TryRead(batch.Span, out BatchHeader header);
        if (header.IsControl)
        {
            return ControlRecord.TryRead(batch.Span, out bool isCommit, out _)
                ? [new JournalRecord("", null, null, null, header.BaseOffset)
                {
                    ProducerId = header.ProducerId,
                    IsMarker = true,
                    IsCommit = isCommit,
                }]
                : [];
        }

        var records = new List<JournalRecord>();
        var reader = new RecordReader(batch.Span);
        while (reader.MoveNext())
        {
            byte[]? value = reader.HasValue ? reader.Value.ToArray() : null;
            JournalRecord record = DecodeRecord(reader.Key.ToArray(), value, header.BaseOffset, reader.Offset);
            records.Add(record with { ProducerId = header.IsTransactional ? header.ProducerId : -1 });
        }

        return reader.IsCorrupt
            ? throw new InvalidDataException($"The batch of groups at offset {header.BaseOffset} is malformed.")
            : records;
    }

    private static JournalRecord DecodeRecord(byte[] key, byte[]? value, long batchOffset, long offset)
    {
        try
        {
            var reader = new WireReader(key);
            short version = reader.ReadInt16();
            string groupId = reader.ReadString();
            return version switch
            {
                >= (short)GroupRecordType.GroupEpoch and <= (short)GroupRecordType.CurrentAssignment
                    or (short)GroupRecordType.Pattern => ReadConsumers(version, groupId, ref reader, value, batchOffset),
                0 or GroupRecords.OffsetKeyVersion => new JournalRecord(
                    groupId,
                    new OffsetKey(reader.ReadString(), reader.ReadInt32()),
                    value is null ? null : GroupRecords.ReadOffsetValue(value),
                    null,
                    batchOffset),
                GroupRecords.GroupKeyVersion => new JournalRecord(
                    groupId, null, null, value is null ? null : GroupRecords.ReadGroupValue(value), batchOffset),
                _ => throw new InvalidDataException($"its key has the unknown version {version}."),
            };
        }
        catch (Exception e) when (e is ProtocolException or InvalidDataException)
        {
            throw new InvalidDataException($"The group record at offset {offset} cannot be read: {e.Message}", e);
        }
    }

    private static JournalRecord ReadConsumers(
        short type, string groupId, ref WireReader key, byte[]? value, long batchOffset) =>
        new(groupId, null, null, null, batchOffset)
        {
            Consumers = ConsumerGroupRecords.Read(ConsumerGroupRecords.ReadKey(type, ref key), value),
        };
}
