using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Groups;

/// <summary>Records that are appended as a whole. Not thread-safe: whoever rented it uses it alone.</summary>
internal sealed class JournalBatch(PartitionLog log, Action<JournalBatch> giveBack) : IDisposable
{
    private readonly RecordBatchBuilder _batch = new();
    private readonly WireWriter _key = new();
    private readonly WireWriter _value = new();

    public bool HasRecords => _batch.Count > 0;

    public int SizeInBytes => _batch.SizeInBytes;

    public void AddOffset(string groupId, OffsetKey key, CommittedOffset value)
    {
        WriteOffsetKey(groupId, key);
        GroupRecords.WriteOffsetValue(_value, value);
        _batch.Add(value.CommitTimestampMs, _key.Written, _value.Written);
    }

    public void AddOffsetTombstone(string groupId, OffsetKey key, long nowMs)
    {
        WriteOffsetKey(groupId, key);
        _batch.AddTombstone(nowMs, _key.Written);
    }

    /// <summary>Adds the record of a classic group.</summary>
    public void AddGroup(string groupId, GroupSnapshot value, long nowMs)
    {
        WriteGroupKey(groupId);
        GroupRecords.WriteGroupValue(_value, value);
        _batch.Add(nowMs, _key.Written, _value.Written);
    }

    public void AddGroupTombstone(string groupId, long nowMs)
    {
        WriteGroupKey(groupId);
        _batch.AddTombstone(nowMs, _key.Written);
    }

    /// <summary>Adds a record of a consumer group.</summary>
    public void Add(string groupId, ConsumerGroupRecord record, long nowMs)
    {
        ConsumerGroupRecords.WriteKey(_key, groupId, record.Key);
        if (ConsumerGroupRecords.TryWriteValue(_value, record))
        {
            _batch.Add(nowMs, _key.Written, _value.Written);
        }
        else
        {
            _batch.AddTombstone(nowMs, _key.Written);
        }
    }

    /// <summary>Appends what was added as one batch and starts a new one.</summary>
    public JournalWrite Append() => Append(0, RecordBatch.NoProducerId, RecordBatch.NoProducerEpoch);

    /// <summary>
    /// Appends what was added as part of a producer's transaction. Refused with <see cref="ErrorCode.InvalidTxnState"/>
    /// or <see cref="ErrorCode.InvalidProducerEpoch"/> when that transaction does not include the log, or ended.
    /// </summary>
    public JournalWrite AppendTransactional(long producerId, short producerEpoch) =>
        Append(RecordBatch.TransactionalBit, producerId, producerEpoch);

    /// <summary>Gives up what was added since the last append, and lets others have the batch.</summary>
    public void Dispose()
    {
        _batch.Reset();
        giveBack(this);
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
        GroupRecords.WriteOffsetKey(_key, groupId, key);
    }

    private void WriteGroupKey(string groupId)
    {
        GroupRecords.WriteGroupKey(_key, groupId);
    }
}
