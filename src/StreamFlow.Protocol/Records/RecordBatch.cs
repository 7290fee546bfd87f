using System.Buffers.Binary;

namespace StreamFlow.Protocol.Records;

/// <summary>
/// Layout of the version 2 record batch, the only format stored: where each header field lies, and span accessors
/// for the fields the broker writes. Everything is big-endian.
/// </summary>
internal static class RecordBatch
{
    public const int BaseOffsetAt = 0;
    public const int LengthAt = 8;
    public const int LeaderEpochAt = 12;
    public const int MagicAt = 16;
    public const int CrcAt = 17;
    public const int AttributesAt = 21;
    public const int LastOffsetDeltaAt = 23;
    public const int BaseTimestampAt = 27;
    public const int MaxTimestampAt = 35;
    public const int ProducerIdAt = 43;
    public const int ProducerEpochAt = 51;
    public const int BaseSequenceAt = 53;
    public const int RecordCountAt = 57;

    /// <summary>Bytes before the first record; also the smallest legal batch (one emptied by compaction).</summary>
    public const int HeaderSize = 61;

    /// <summary>Bytes before the part that the length field counts.</summary>
    public const int LengthOverhead = 12;

    /// <summary>The shortest record: length, attributes, two deltas, null key, null value, no headers.</summary>
    public const int MinRecordSize = 7;

    public const byte MagicV2 = 2;

    public const short CodecMask = 0x07;
    public const short LogAppendTimeBit = 0x08;
    public const short TransactionalBit = 0x10;
    public const short ControlBit = 0x20;
    public const short DeleteHorizonBit = 0x40;

    public const long NoTimestamp = -1;
    public const long NoProducerId = -1;
    public const short NoProducerEpoch = -1;
    public const int NoSequence = -1;

    /// <summary>The checksum over everything from the attributes to the end, as it should be.</summary>
    public static uint ComputeCrc(ReadOnlySpan<byte> batch) => Crc32C.Compute(batch[AttributesAt..]);

    public static uint ReadCrc(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadUInt32BigEndian(batch[CrcAt..]);

    public static bool IsCrcValid(ReadOnlySpan<byte> batch) => ReadCrc(batch) == ComputeCrc(batch);

    public static void WriteCrc(Span<byte> batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcAt..], ComputeCrc(batch));

    /// <summary>Sets what the broker assigns; both fields lie outside the checksum.</summary>
    public static void AssignOffset(Span<byte> batch, long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[BaseOffsetAt..], baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[LeaderEpochAt..], leaderEpoch);
    }

    /// <summary>Gives every record of the batch the broker's time; readers then take max_timestamp for all.</summary>
    public static void StampLogAppendTime(Span<byte> batch, long nowMs)
    {
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)(attributes | LogAppendTimeBit));
        BinaryPrimitives.WriteInt64BigEndian(batch[MaxTimestampAt..], nowMs);
        WriteCrc(batch);
    }

    /// <summary>Takes the mark off a batch that says its timestamps are the broker's although they are not.</summary>
    public static void StampCreateTime(Span<byte> batch)
    {
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch[AttributesAt..]);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)(attributes & ~LogAppendTimeBit));
        WriteCrc(batch);
    }

    /// <summary>The sequence <paramref name="delta"/> after <paramref name="sequence"/>; wraps at 2^31.</summary>
    public static int AddSequence(int sequence, int delta) => (int)(((long)sequence + delta) & int.MaxValue);
}
