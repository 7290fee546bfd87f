using System.Buffers.Binary;
using StreamFlow.Protocol.Compression;

namespace StreamFlow.Protocol.Records;

/// <summary>The decoded header of one record batch.</summary>
internal readonly struct BatchHeader
{
    private BatchHeader(ReadOnlySpan<byte> bytes)
    {
        BaseOffset = BinaryPrimitives.ReadInt64BigEndian(bytes);
        TotalSize = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatch.LengthAt..]) + RecordBatch.LengthOverhead;
        LeaderEpoch = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatch.LeaderEpochAt..]);
        Attributes = BinaryPrimitives.ReadInt16BigEndian(bytes[RecordBatch.AttributesAt..]);
        LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatch.LastOffsetDeltaAt..]);
        BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[RecordBatch.BaseTimestampAt..]);
        MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[RecordBatch.MaxTimestampAt..]);
        ProducerId = BinaryPrimitives.ReadInt64BigEndian(bytes[RecordBatch.ProducerIdAt..]);
        ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(bytes[RecordBatch.ProducerEpochAt..]);
        BaseSequence = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatch.BaseSequenceAt..]);
        RecordCount = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatch.RecordCountAt..]);
    }

    public long BaseOffset { get; }

    /// <summary>Bytes of the whole batch, header included.</summary>
    public int TotalSize { get; }

    public int LeaderEpoch { get; }

    public short Attributes { get; }

    public int LastOffsetDelta { get; }

    public long BaseTimestamp { get; }

    public long MaxTimestamp { get; }

    public long ProducerId { get; }

    public short ProducerEpoch { get; }

    public int BaseSequence { get; }

    public int RecordCount { get; }

    public long LastOffset => BaseOffset + LastOffsetDelta;

    public long NextOffset => BaseOffset + LastOffsetDelta + 1;

    public CompressionCodec Codec => (CompressionCodec)(Attributes & RecordBatch.CodecMask);

    public bool IsLogAppendTime => (Attributes & RecordBatch.LogAppendTimeBit) != 0;

    public bool IsTransactional => (Attributes & RecordBatch.TransactionalBit) != 0;

    public bool IsControl => (Attributes & RecordBatch.ControlBit) != 0;

    /// <summary>The base timestamp says until when the batch's tombstones stay.</summary>
    public bool HasDeleteHorizon => (Attributes & RecordBatch.DeleteHorizonBit) != 0;

    public int LastSequence => RecordBatch.AddSequence(BaseSequence, LastOffsetDelta);

    /// <summary>
    /// Decodes a header; false when the bytes cannot be a version 2 batch. No size in it is trusted further than
    /// that it is positive: the caller compares it with what is there before using it.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BatchHeader header)
    {
        header = default;
        if (bytes.Length < RecordBatch.HeaderSize || bytes[RecordBatch.MagicAt] != RecordBatch.MagicV2)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(bytes[RecordBatch.LengthAt..]);
        if (length < RecordBatch.HeaderSize - RecordBatch.LengthOverhead
            || length > int.MaxValue - RecordBatch.LengthOverhead)
        {
            return false;
        }

        header = new BatchHeader(bytes);
        return header is { LastOffsetDelta: >= 0, BaseOffset: >= 0, RecordCount: >= 0 }
            && header.BaseOffset <= long.MaxValue - header.LastOffsetDelta - 1;
    }
}
