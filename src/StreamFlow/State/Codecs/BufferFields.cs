using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.State;

/// <summary>
/// The parts of what waits in a buffer, as Kafka Streams writes them: numbers are big-endian, bytes have their length in 4 bytes before
/// them, and a length of -1 is nothing.
/// </summary>
internal static class BufferFields
{
    /// <summary>Length of what is not there.</summary>
    public const int NoBytes = -1;

    public static void Write(long number, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(sizeof(long)), number);
        writer.Advance(sizeof(long));
    }

    public static void Write(int number, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), number);
        writer.Advance(sizeof(int));
    }

    public static void Write(ReadOnlySpan<byte> bytes, IBufferWriter<byte> writer)
    {
        Write(bytes.Length, writer);
        writer.Write(bytes);
    }

    public static void Write(string text, IBufferWriter<byte> writer)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Write(length, writer);
        Encoding.UTF8.GetBytes(text, writer.GetSpan(length));
        writer.Advance(length);
    }

    public static void Write(Headers? headers, IBufferWriter<byte> writer)
    {
        Write(headers?.Count ?? 0, writer);
        foreach (var header in headers ?? Headers.Empty)
        {
            Write(header.Key, writer);
            if (header.Value is { } bytes)
            {
                Write(bytes, writer);
            }
            else
            {
                Write(NoBytes, writer);
            }
        }
    }

    public static long ReadLong(ref ReadOnlySpan<byte> data) => BinaryPrimitives.ReadInt64BigEndian(Take(ref data, sizeof(long)));

    public static int ReadInt(ref ReadOnlySpan<byte> data) => BinaryPrimitives.ReadInt32BigEndian(Take(ref data, sizeof(int)));

    public static string ReadText(ref ReadOnlySpan<byte> data) => Encoding.UTF8.GetString(Take(ref data, ReadInt(ref data)));

    /// <summary>Headers; Kafka Streams writes a count of -1 where there are none.</summary>
    public static Headers? ReadHeaders(ref ReadOnlySpan<byte> data)
    {
        var count = ReadInt(ref data);
        if (count <= 0)
        {
            return null;
        }

        var headers = new List<Header>();
        for (var i = 0; i < count; i++)
        {
            var key = ReadText(ref data);
            var length = ReadInt(ref data);
            headers.Add(new Header(key, length == NoBytes ? null : Take(ref data, length).ToArray()));
        }

        return new Headers(headers);
    }

    /// <exception cref="FormatException">There are fewer bytes.</exception>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, int length)
    {
        if (length < 0 || length > data.Length)
        {
            throw new FormatException(
                $"What waits in a buffer announces {length} bytes where {data.Length} are left. Check that its changelog is that of a "
                + "suppression, or of a join with a grace period, in version 3 of its format.");
        }

        var taken = data[..length];
        data = data[length..];
        return taken;
    }
}
