using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>Builds and takes apart uncompressed record batches, independently of the broker's own reader.</summary>
public static class TestBatch
{
    private const int HeaderSize = 61;

    public static byte[] Build(params string[] values) => Build(new TestBatchOptions(), values);

    public static byte[] Build(TestBatchOptions options, params string[] values)
    {
        List<byte> records = [];
        for (int i = 0; i < values.Length; i++)
        {
            byte[] value = Encoding.UTF8.GetBytes(values[i]);
            List<byte> record = [0];
            Varint(record, i * options.TimestampStep);
            Varint(record, i);
            Varint(record, -1);
            Varint(record, value.Length);
            record.AddRange(value);
            Varint(record, 0);
            Varint(records, record.Count);
            records.AddRange(record);
        }

        byte[] batch = new byte[HeaderSize + records.Count];
        Span<byte> span = batch;
        BinaryPrimitives.WriteInt32BigEndian(span[8..], batch.Length - 12);
        BinaryPrimitives.WriteInt32BigEndian(span[12..], -1);
        batch[16] = options.Magic;
        BinaryPrimitives.WriteInt16BigEndian(span[21..], options.Attributes);
        BinaryPrimitives.WriteInt32BigEndian(span[23..], options.LastOffsetDelta ?? (values.Length - 1));
        BinaryPrimitives.WriteInt64BigEndian(span[27..], options.BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(span[35..], options.BaseTimestamp + ((values.Length - 1) * options.TimestampStep));
        BinaryPrimitives.WriteInt64BigEndian(span[43..], options.ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(span[51..], options.ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(span[53..], options.BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(span[57..], values.Length);
        records.CopyTo(batch, HeaderSize);
        BinaryPrimitives.WriteUInt32BigEndian(span[17..], Crc(span[21..]));
        return batch;
    }

    /// <summary>The offsets and values of every record in a row of batches.</summary>
    public static List<(long Offset, string Value)> Read(ReadOnlySpan<byte> bytes) =>
        [.. ReadAll(bytes).Select(static x => (x.Offset, x.Value))];

    /// <summary>The offset behind the last batch, which compaction may have left without records; null without a batch.</summary>
    public static long? NextOffset(ReadOnlySpan<byte> bytes)
    {
        long? next = null;
        while (bytes.Length > 0)
        {
            next = BinaryPrimitives.ReadInt64BigEndian(bytes) + BinaryPrimitives.ReadInt32BigEndian(bytes[23..]) + 1;
            bytes = bytes[(BinaryPrimitives.ReadInt32BigEndian(bytes[8..]) + 12)..];
        }

        return next;
    }

    /// <summary>The records of producers, without the markers.</summary>
    public static IEnumerable<(long ProducerId, long Offset, string Value)> ReadTransactional(ReadOnlySpan<byte> bytes) =>
        ReadAll(bytes).Where(static x => !x.IsControl).Select(static x => (x.ProducerId, x.Offset, x.Value));

    /// <summary>The records of producers, and the markers between them.</summary>
    public static IEnumerable<(long ProducerId, bool IsControl, long Offset, string Value)> ReadWithMarkers(byte[] bytes) =>
        ReadAll(bytes);

    private static List<(long ProducerId, bool IsControl, long Offset, string Value)> ReadAll(ReadOnlySpan<byte> bytes)
    {
        List<(long, bool, long, string)> found = [];
        while (bytes.Length > 0)
        {
            long baseOffset = BinaryPrimitives.ReadInt64BigEndian(bytes);
            int size = BinaryPrimitives.ReadInt32BigEndian(bytes[8..]) + 12;
            Assert.Equal(Crc(bytes[21..size]), BinaryPrimitives.ReadUInt32BigEndian(bytes[17..]));
            long producerId = BinaryPrimitives.ReadInt64BigEndian(bytes[43..]);
            bool isControl = (BinaryPrimitives.ReadInt16BigEndian(bytes[21..]) & 0x20) != 0;
            int count = BinaryPrimitives.ReadInt32BigEndian(bytes[57..]);
            int at = HeaderSize;
            for (int i = 0; i < count; i++)
            {
                int length = (int)Varint(bytes, ref at);
                int end = at + length;
                at++;
                Varint(bytes, ref at);
                long offset = baseOffset + Varint(bytes, ref at);
                int key = (int)Varint(bytes, ref at);
                at += Math.Max(key, 0);
                int value = (int)Varint(bytes, ref at);
                found.Add((producerId, isControl, offset, Encoding.UTF8.GetString(bytes.Slice(at, Math.Max(value, 0)))));
                at = end;
            }

            bytes = bytes[size..];
        }

        return found;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78u);
            }
        }

        return ~crc;
    }

    private static void Varint(List<byte> output, long value) =>
        LayoutCodec.WriteUnsignedVarint(output, (uint)((value << 1) ^ (value >> 63)));

    private static long Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong raw = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[at++];
            raw |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return (long)(raw >> 1) ^ -(long)(raw & 1);
            }
        }
    }
}

public sealed record TestBatchOptions
{
    public byte Magic { get; init; } = 2;

    public short Attributes { get; init; }

    public int? LastOffsetDelta { get; init; }

    public long BaseTimestamp { get; init; } = 1_700_000_000_000;

    public long TimestampStep { get; init; } = 1;

    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public int BaseSequence { get; init; } = -1;
}
