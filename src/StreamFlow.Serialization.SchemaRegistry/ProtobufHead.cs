using System.Buffers.Binary;
using Google.Protobuf.Reflection;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>
/// What stands before a Protobuf message: the byte 0, the schema's id in 4 bytes, and which message of its file it is: how many
/// indexes, and the indexes from the outermost message inwards, as zigzag varints; of the first message just 0.
/// </summary>
internal static class ProtobufHead
{
    private const int IdEnd = 1 + sizeof(int);
    private const int DeepestNesting = 64;

    public static byte[] Write(int id, MessageDescriptor message)
    {
        List<byte> head = [0, 0, 0, 0, 0];
        var position = Position(message);
        if (position is [0])
        {
            head.Add(0);
        }
        else
        {
            WriteVarint(head, position.Count);
            position.ForEach(index => WriteVarint(head, index));
        }

        var bytes = head.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), id);
        return bytes;
    }

    public static int ReadId(ReadOnlySpan<byte> data) => data.Length > IdEnd && data[0] == 0
        ? BinaryPrimitives.ReadInt32BigEndian(data[1..])
        : throw new FormatException("They have no magic byte 0, id and position of the message");

    /// <param name="data">The bytes from the magic byte on.</param>
    /// <param name="length">Where the message begins.</param>
    public static IReadOnlyList<int> ReadPosition(ReadOnlySpan<byte> data, out int length)
    {
        length = IdEnd;
        var count = ReadVarint(data, ref length);
        if (count is < 0 or > DeepestNesting)
        {
            throw new FormatException($"The position of the message would have {count} parts");
        }

        var position = new int[Math.Max(1, count)];
        for (var i = 0; i < count; i++)
        {
            position[i] = ReadVarint(data, ref length);
        }

        return position;
    }

    private static List<int> Position(MessageDescriptor message)
    {
        var position = new List<int>();
        for (var each = message; each is not null; each = each.ContainingType)
        {
            position.Insert(0, each.Index);
        }

        return position;
    }

    private static void WriteVarint(List<byte> bytes, int value)
    {
        var rest = (uint)((value << 1) ^ (value >> 31));
        for (; rest > 0x7F; rest >>= 7)
        {
            bytes.Add((byte)(rest | 0x80));
        }

        bytes.Add((byte)rest);
    }

    private static int ReadVarint(ReadOnlySpan<byte> data, ref int at)
    {
        var raw = 0u;
        for (var shift = 0; shift < 32 && at < data.Length; shift += 7)
        {
            var next = data[at++];
            raw |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return (int)(raw >> 1) ^ -(int)(raw & 1);
            }
        }

        throw new FormatException("The position of the message is cut off");
    }
}
