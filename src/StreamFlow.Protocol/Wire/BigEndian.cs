using System.Buffers;
using System.Buffers.Binary;

namespace StreamFlow.Protocol;

/// <summary>Appends big-endian numbers, as everything of Kafka's has them, to a growing buffer.</summary>
internal static class BigEndian
{
    public static void AppendInt16(this IBufferWriter<byte> buffer, short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(buffer.GetSpan(sizeof(short)), value);
        buffer.Advance(sizeof(short));
    }

    public static void AppendInt32(this IBufferWriter<byte> buffer, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(sizeof(int)), value);
        buffer.Advance(sizeof(int));
    }

    public static void AppendInt64(this IBufferWriter<byte> buffer, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(sizeof(long)), value);
        buffer.Advance(sizeof(long));
    }
}
