using System.Buffers.Binary;

namespace StreamFlow.Protocol.Records;

/// <summary>
/// Builds one uncompressed batch for records the broker writes itself: offset commits, group and transaction state,
/// end-of-transaction markers. Reusable after <see cref="Reset"/>.
/// </summary>
internal sealed class RecordBatchBuilder
{
    private static readonly byte[] NoHeaders = [0];

    private byte[] _buffer = new byte[512];
    private int _length = RecordBatch.HeaderSize;
    private int _count;
    private int _lastOffsetDelta = -1;
    private long _baseTimestamp;
    private long _maxTimestamp = RecordBatch.NoTimestamp;

    public int Count => _count;

    public int SizeInBytes => _length;

    public void Reset()
    {
        _length = RecordBatch.HeaderSize;
        _count = 0;
        _lastOffsetDelta = -1;
        _maxTimestamp = RecordBatch.NoTimestamp;
    }

    public void Add(long timestampMs, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Add(timestampMs, _lastOffsetDelta + 1, true, key, true, value, NoHeaders);

    /// <summary>A record that deletes <paramref name="key"/>: its value is null.</summary>
    public void AddTombstone(long timestampMs, ReadOnlySpan<byte> key) =>
        Add(timestampMs, _lastOffsetDelta + 1, true, key, false, default, NoHeaders);

    public void AddKeyless(long timestampMs, ReadOnlySpan<byte> value) =>
        Add(timestampMs, _lastOffsetDelta + 1, false, default, true, value, NoHeaders);

    /// <summary>Finishes a plain batch; the span is valid until the builder is used again.</summary>
    /// <exception cref="InvalidOperationException">No record was added.</exception>
    public Span<byte> Build() =>
        Build(0, RecordBatch.NoProducerId, RecordBatch.NoProducerEpoch, RecordBatch.NoSequence);

    /// <summary>Finishes a batch with producer fields, for transactional writes of a coordinator.</summary>
    /// <exception cref="InvalidOperationException">No record was added.</exception>
    public Span<byte> Build(short attributes, long producerId, short producerEpoch, int baseSequence)
    {
        if (_count == 0)
        {
            throw new InvalidOperationException("A record batch needs at least one record; add one before building.");
        }

        var batch = _buffer.AsSpan(0, _length);
        batch[..RecordBatch.HeaderSize].Clear();
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.LengthAt..], _length - RecordBatch.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.LeaderEpochAt..], -1);
        batch[RecordBatch.MagicAt] = RecordBatch.MagicV2;
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatch.AttributesAt..], attributes);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.LastOffsetDeltaAt..], _lastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatch.BaseTimestampAt..], _baseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatch.MaxTimestampAt..], _maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatch.ProducerIdAt..], producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[RecordBatch.ProducerEpochAt..], producerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.BaseSequenceAt..], baseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.RecordCountAt..], _count);
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    /// <summary>The marker that ends a transaction: one control record, 78 bytes.</summary>
    public static byte[] BuildMarker(
        long producerId, short producerEpoch, bool commit, int coordinatorEpoch, long timestampMs)
    {
        Span<byte> key = stackalloc byte[4];
        BinaryPrimitives.WriteInt16BigEndian(key, 0);
        BinaryPrimitives.WriteInt16BigEndian(key[2..], (short)(commit ? 1 : 0));
        Span<byte> value = stackalloc byte[6];
        BinaryPrimitives.WriteInt16BigEndian(value, 0);
        BinaryPrimitives.WriteInt32BigEndian(value[2..], coordinatorEpoch);
        var builder = new RecordBatchBuilder();
        builder.Add(timestampMs, key, value);
        const short Attributes = RecordBatch.TransactionalBit | RecordBatch.ControlBit;
        return builder.Build(Attributes, producerId, producerEpoch, RecordBatch.NoSequence).ToArray();
    }

    private void Add(
        long timestampMs, int offsetDelta, bool hasKey, ReadOnlySpan<byte> key, bool hasValue,
        ReadOnlySpan<byte> value, ReadOnlySpan<byte> rawHeaders)
    {
        if (_count == 0)
        {
            _baseTimestamp = timestampMs;
        }

        var record = new RecordFields(
            timestampMs - _baseTimestamp, offsetDelta, hasKey, key, hasValue, value, rawHeaders);
        EnsureRoom(record.EncodedSize);
        _length += record.Write(_buffer.AsSpan(_length));
        _count++;
        _lastOffsetDelta = offsetDelta;
        _maxTimestamp = Math.Max(_maxTimestamp, timestampMs);
    }

    private void EnsureRoom(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, checked(_length + bytes)));
        }
    }
}
