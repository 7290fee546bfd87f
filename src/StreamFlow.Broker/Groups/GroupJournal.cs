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

/// <summary>One record of the log: of an offset if <paramref name="Key"/> is set, else of the group itself.</summary>
/// <param name="GroupId">The group.</param>
/// <param name="Key">The partition an offset belongs to.</param>
/// <param name="Offset">The committed offset; null for its tombstone.</param>
/// <param name="Group">The stored group; null for its tombstone.</param>
/// <param name="LogOffset">Where in the log the record's batch is.</param>
internal readonly record struct JournalRecord(
    string GroupId, OffsetKey? Key, CommittedOffset? Offset, GroupSnapshot? Group, long LogOffset)
{
    /// <summary>Whose transaction the record belongs to or ends; −1 for a plain record.</summary>
    public long ProducerId { get; init; } = -1;

    /// <summary>The record ends a transaction and says nothing else.</summary>
    public bool IsMarker { get; init; }

    /// <summary>For a marker: whether the transaction committed.</summary>
    public bool IsCommit { get; init; }
}

/// <summary>
/// Groups and committed offsets on a compacted partition log: records are added to a batch, which is appended as a
/// whole. Not thread-safe: the coordinator calls it under its lock.
/// </summary>
internal sealed class GroupJournal(PartitionLog log)
{
    private readonly RecordBatchBuilder _batch = new();
    private readonly FieldWriter _key = new();
    private readonly FieldWriter _value = new();

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

    public bool HasRecords => _batch.Count > 0;

    public int PendingBytes => _batch.SizeInBytes;

    public void AddOffset(string groupId, OffsetKey key, CommittedOffset value)
    {
        WriteOffsetKey(groupId, key);
        _value.Reset();
        GroupRecords.WriteOffsetValue(_value, value);
        _batch.Add(value.CommitTimestampMs, _key.Written, _value.Written);
    }

    public void AddOffsetTombstone(string groupId, OffsetKey key, long nowMs)
    {
        WriteOffsetKey(groupId, key);
        _batch.AddTombstone(nowMs, _key.Written);
    }

    public void AddGroup(string groupId, GroupSnapshot value, long nowMs)
    {
        WriteGroupKey(groupId);
        _value.Reset();
        GroupRecords.WriteGroupValue(_value, value);
        _batch.Add(nowMs, _key.Written, _value.Written);
    }

    public void AddGroupTombstone(string groupId, long nowMs)
    {
        WriteGroupKey(groupId);
        _batch.AddTombstone(nowMs, _key.Written);
    }

    /// <summary>Appends what was added as one batch and starts a new one.</summary>
    public JournalWrite Append() => Append(
        0, RecordBatch.NoProducerId, RecordBatch.NoProducerEpoch);

    /// <summary>
    /// Appends what was added as part of a producer's transaction. Refused with <see cref="ErrorCode.InvalidTxnState"/>
    /// or <see cref="ErrorCode.InvalidProducerEpoch"/> when that transaction does not include the log, or ended.
    /// </summary>
    public JournalWrite AppendTransactional(long producerId, short producerEpoch) =>
        Append(RecordBatch.TransactionalBit, producerId, producerEpoch);

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

    private JournalWrite Append(short attributes, long producerId, short producerEpoch)
    {
        AppendResult result;
        try
        {
            Span<byte> batch = _batch.Build(attributes, producerId, producerEpoch, RecordBatch.NoSequence);
            result = log.Append(batch, AppendOrigin.Coordinator);
        }
        finally
        {
            _batch.Reset();
        }

        return result.IsSuccess
            ? new JournalWrite(ErrorCode.None, result.BaseOffset, WaitDurableAsync(result.EndOffset))
            : new JournalWrite(result.Error, -1, Task.CompletedTask);
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

    private async Task WaitDurableAsync(long endOffset)
    {
        ErrorCode error = await log.WaitDurableAsync(endOffset).ConfigureAwait(false);
        if (error != ErrorCode.None)
        {
            throw new IOException($"the flush ended with {error}");
        }
    }

    private void WriteOffsetKey(string groupId, OffsetKey key)
    {
        _key.Reset();
        GroupRecords.WriteOffsetKey(_key, groupId, key);
    }

    private void WriteGroupKey(string groupId)
    {
        _key.Reset();
        GroupRecords.WriteGroupKey(_key, groupId);
    }
}
