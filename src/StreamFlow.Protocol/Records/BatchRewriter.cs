using System.Buffers.Binary;

namespace StreamFlow.Protocol.Records;

/// <summary>
/// Writes a batch again with some of its records left out. Offsets, sequences, producer and the last offset delta
/// stay, so readers see a gap and never a change; the result is uncompressed.
/// </summary>
internal sealed class BatchRewriter
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _length;
    private int _count;
    private long _baseTimestamp;
    private bool _rebased;

    /// <param name="batch">The batch as stored.</param>
    /// <param name="header">Its header.</param>
    /// <param name="deleteHorizonMs">When its tombstones may go, to be noted in it; null leaves it as it is.</param>
    public void Start(ReadOnlySpan<byte> batch, in BatchHeader header, long? deleteHorizonMs)
    {
        batch[..RecordBatch.HeaderSize].CopyTo(_buffer);
        _length = RecordBatch.HeaderSize;
        _count = 0;
        _rebased = deleteHorizonMs is not null;
        _baseTimestamp = deleteHorizonMs ?? header.BaseTimestamp;
        var attributes = (short)(header.Attributes & ~RecordBatch.CodecMask);
        attributes |= _rebased ? RecordBatch.DeleteHorizonBit : (short)0;
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(RecordBatch.AttributesAt), attributes);
        BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(RecordBatch.BaseTimestampAt), _baseTimestamp);
    }

    /// <summary>Keeps a record; its absolute timestamp stays what it was.</summary>
    public void Keep(in RecordReader record, in BatchHeader header)
    {
        _count++;
        if (!_rebased)
        {
            EnsureRoom(record.Raw.Length);
            record.Raw.CopyTo(_buffer.AsSpan(_length));
            _length += record.Raw.Length;
            return;
        }

        var fields = new RecordFields(
            header.BaseTimestamp + record.TimestampDelta - _baseTimestamp, record.OffsetDelta, record.HasKey,
            record.Key, record.HasValue, record.Value, record.RawHeaders);
        EnsureRoom(fields.EncodedSize);
        _length += fields.Write(_buffer.AsSpan(_length));
    }

    /// <summary>The finished batch; valid until the next one is started.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        var batch = _buffer.AsSpan(0, _length);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.LengthAt..], _length - RecordBatch.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.RecordCountAt..], _count);
        RecordBatch.WriteCrc(batch);
        return batch;
    }

    private void EnsureRoom(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, checked(_length + bytes)));
        }
    }
}
