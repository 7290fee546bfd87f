using System.Buffers.Binary;
using StreamFlow.Protocol.Compression;

namespace StreamFlow.Protocol.Records;

/// <summary>
/// Writes a batch again with some of its records left out. Offsets, sequences, producer, codec and the last offset delta
/// stay, so readers see a gap and never a change.
/// </summary>
internal sealed class BatchRewriter : IDisposable
{
    private readonly PooledBuffer _plain = new(int.MaxValue);
    private readonly PooledBuffer _compressed = new(int.MaxValue);
    private readonly byte[] _header = new byte[RecordBatch.HeaderSize];
    private CompressionCodec _codec;
    private int _count;
    private long _baseTimestamp;
    private bool _rebased;

    /// <summary>The level batches of a codec are compressed with; the codec's default where it answers none.</summary>
    public Func<CompressionCodec, int> LevelOf { get; init; } = CompressionLevels.DefaultOf;

    /// <param name="batch">The batch as stored.</param>
    /// <param name="header">Its header.</param>
    /// <param name="deleteHorizonMs">When its tombstones may go, to be noted in it; null leaves it as it is.</param>
    public void Start(ReadOnlySpan<byte> batch, in BatchHeader header, long? deleteHorizonMs)
    {
        batch[..RecordBatch.HeaderSize].CopyTo(_header);
        _plain.Truncate(0);
        _plain.Append(_header);
        _count = 0;
        _codec = header.Codec;
        _rebased = deleteHorizonMs is not null;
        _baseTimestamp = deleteHorizonMs ?? header.BaseTimestamp;
        var attributes = (short)(header.Attributes | (_rebased ? RecordBatch.DeleteHorizonBit : (short)0));
        BinaryPrimitives.WriteInt16BigEndian(_header.AsSpan(RecordBatch.AttributesAt), attributes);
        BinaryPrimitives.WriteInt64BigEndian(_header.AsSpan(RecordBatch.BaseTimestampAt), _baseTimestamp);
    }

    /// <summary>Keeps a record; its absolute timestamp stays what it was.</summary>
    public void Keep(in RecordReader record, in BatchHeader header)
    {
        _count++;
        if (!_rebased)
        {
            _plain.Append(record.Raw);
            return;
        }

        var fields = new RecordFields(
            header.BaseTimestamp + record.TimestampDelta - _baseTimestamp, record.OffsetDelta, record.HasKey,
            record.Key, record.HasValue, record.Value, record.RawHeaders);
        _plain.Advance(fields.Write(_plain.GetSpan(fields.EncodedSize)));
    }

    /// <summary>The finished batch; valid until the next one is started.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        // A batch that was emptied has nothing to be compressed: clients read its header and no more.
        var buffer = _codec == CompressionCodec.None || _count == 0 ? _plain : Compress();
        var batch = buffer.Written;
        _header.CopyTo(batch);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.LengthAt..], batch.Length - RecordBatch.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordBatch.RecordCountAt..], _count);
        if (_count == 0)
        {
            var attributes = BinaryPrimitives.ReadInt16BigEndian(_header.AsSpan(RecordBatch.AttributesAt));
            BinaryPrimitives.WriteInt16BigEndian(
                batch[RecordBatch.AttributesAt..], (short)(attributes & ~RecordBatch.CodecMask));
        }

        RecordBatch.WriteCrc(batch);
        return batch;
    }

    public void Dispose()
    {
        _plain.Dispose();
        _compressed.Dispose();
    }

    private PooledBuffer Compress()
    {
        _compressed.Truncate(0);
        _compressed.Append(_header);
        Compressor.Compress(_codec, LevelOf(_codec), _plain.Written[RecordBatch.HeaderSize..], _compressed);
        return _compressed;
    }
}
