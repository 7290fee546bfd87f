using System.Text;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Headers before a value, as Kafka Streams 4.3 lays them out: their length in bytes, their number, then for each the
/// length of its name, the name, the length of its value or -1 for none, the value. Numbers are zig-zag varints. Without
/// headers there is a single zero byte.
/// </summary>
internal static class StoredHeaders
{
    private const int MaxVarintBytes = 5;

    /// <summary>No headers are stored the same way as none at all, so nobody can tell them apart later: they become null.</summary>
    public static Headers? OrNull(Headers? headers) => headers is { Count: 0 } ? null : headers;

    public static void Write(Headers? headers, PooledBuffer buffer)
    {
        if (headers is null || headers.Count == 0)
        {
            WriteVarint(0, buffer);
            return;
        }

        WriteVarint(SizeOf(headers), buffer);
        WriteVarint(headers.Count, buffer);
        for (var i = 0; i < headers.Count; i++)
        {
            var (name, value) = headers[i];
            var length = Encoding.UTF8.GetByteCount(name);
            WriteVarint(length, buffer);
            buffer.Advance(Encoding.UTF8.GetBytes(name, buffer.GetSpan(length)));
            WriteVarint(value?.Length ?? -1, buffer);
            value.AsSpan().CopyTo(buffer.GetSpan(value?.Length ?? 0));
            buffer.Advance(value?.Length ?? 0);
        }
    }

    /// <summary>Takes the headers off the front of a stored value.</summary>
    public static Headers? Read(ref ReadOnlySpan<byte> stored, string storeName)
    {
        var rest = Take(ref stored, storeName);
        if (rest.IsEmpty)
        {
            return null;
        }

        var items = new Header[Count(ReadVarint(ref rest, storeName), rest.Length, storeName)];
        for (var i = 0; i < items.Length; i++)
        {
            var name = Encoding.UTF8.GetString(Part(ref rest, ReadVarint(ref rest, storeName), storeName));
            var length = ReadVarint(ref rest, storeName);
            items[i] = new Header(name, length == -1 ? null : Part(ref rest, length, storeName).ToArray());
        }

        return new Headers(items);
    }

    public static void Skip(ref ReadOnlySpan<byte> stored, string storeName) => Take(ref stored, storeName);

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> stored, string storeName) =>
        Part(ref stored, ReadVarint(ref stored, storeName), storeName);

    private static ReadOnlySpan<byte> Part(ref ReadOnlySpan<byte> rest, int length, string storeName)
    {
        var part = rest[..Count(length, rest.Length, storeName)];
        rest = rest[part.Length..];
        return part;
    }

    private static int Count(int count, int most, string storeName) =>
        (uint)count <= (uint)most ? count : throw NoHeaders(storeName);

    private static int SizeOf(Headers headers)
    {
        var size = VarintBytes(headers.Count);
        for (var i = 0; i < headers.Count; i++)
        {
            var (name, value) = headers[i];
            var length = Encoding.UTF8.GetByteCount(name);
            size = checked(size + VarintBytes(length) + length + VarintBytes(value?.Length ?? -1) + (value?.Length ?? 0));
        }

        return size;
    }

    private static int VarintBytes(int value)
    {
        var (rest, bytes) = (ZigZag(value), 1);
        for (; rest >= 0x80; rest >>= 7)
        {
            bytes++;
        }

        return bytes;
    }

    private static void WriteVarint(int value, PooledBuffer buffer)
    {
        var rest = ZigZag(value);
        var span = buffer.GetSpan(MaxVarintBytes);
        var at = 0;
        for (; rest >= 0x80; rest >>= 7)
        {
            span[at++] = (byte)(rest | 0x80);
        }

        span[at++] = (byte)rest;
        buffer.Advance(at);
    }

    private static int ReadVarint(ref ReadOnlySpan<byte> rest, string storeName)
    {
        var value = 0u;
        for (var i = 0; i < Math.Min(rest.Length, MaxVarintBytes); i++)
        {
            value |= (uint)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return (int)(value >> 1) ^ -(int)(value & 1);
            }
        }

        throw NoHeaders(storeName);
    }

    private static uint ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));

    private static StateStoreException NoHeaders(string storeName) => new(
        $"Store '{storeName}' holds a value that does not begin with headers. The data were written by a store without "
        + "headers: delete the task's state directory.");
}
