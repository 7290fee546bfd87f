using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Key of a record that waits in a grace buffer: they are in the order of their time, and of one time by key.</summary>
/// <param name="Timestamp">Its time.</param>
/// <param name="Key">Its key.</param>
/// <param name="Sequence">Tells records of one time and key apart, in the order in which they came.</param>
internal readonly record struct BufferedKey<TKey>(long Timestamp, TKey Key, int Sequence);

/// <summary>The rest of a record that waits, and where it came from.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Timestamp">Its time.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Position">Where it lies on the broker.</param>
internal readonly record struct BufferedRecord<TValue>(TValue Value, long Timestamp, Headers? Headers, RecordPosition Position);

/// <summary>Writes keys as Kafka Streams does (PrefixedWindowKeySchemas): 1 byte 0, 8 bytes time, the key, 4 bytes number.</summary>
internal sealed class BufferedKeySerde<TKey>(ISerde<TKey> keys) : ISerde<BufferedKey<TKey>>
{
    /// <summary>Bytes before the key.</summary>
    public const int Prefix = 1 + sizeof(long);

    /// <summary>The beginning of all keys of a time and later.</summary>
    public static void WritePrefix(long timestamp, Span<byte> bytes)
    {
        bytes[0] = 0;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], timestamp);
    }

    public static int SequenceOf(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt32BigEndian(key[^sizeof(int)..]);

    public void Serialize(BufferedKey<TKey> value, IBufferWriter<byte> writer)
    {
        WritePrefix(value.Timestamp, writer.GetSpan(Prefix));
        writer.Advance(Prefix);
        keys.Serialize(value.Key, writer);
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), value.Sequence);
        writer.Advance(sizeof(int));
    }

    public BufferedKey<TKey> Deserialize(ReadOnlySpan<byte> data) => data.Length >= Prefix + sizeof(int)
        ? new BufferedKey<TKey>(
            BinaryPrimitives.ReadInt64BigEndian(data[1..]), keys.Deserialize(data[Prefix..^sizeof(int)]), SequenceOf(data))
        : throw new FormatException($"The key of a record that waits has 13 bytes at least; there are {data.Length}.");
}

/// <summary>
/// Writes records as Kafka Streams does (BufferValue): time, offset, topic, partition and headers of the record; the value before
/// and the old one, which there are none of; the value; 8 bytes of room. Lengths and numbers are big-endian, a length of -1 is nothing.
/// </summary>
internal sealed class BufferedRecordSerde<TValue>(ISerde<TValue> values) : ISerde<BufferedRecord<TValue>>
{
    private const int Room = sizeof(long);

    // A store's own thread alone writes records.
    private readonly PooledBuffer _part = new();

    public void Serialize(BufferedRecord<TValue> value, IBufferWriter<byte> writer)
    {
        Write(value.Timestamp, writer);
        Write(value.Position.Offset, writer);
        Write(Encoding.UTF8.GetBytes(value.Position.Partition.Topic), writer);
        Write(value.Position.Partition.Partition, writer);
        Write(value.Headers?.Count ?? 0, writer);
        foreach (var header in value.Headers ?? Headers.Empty)
        {
            Write(Encoding.UTF8.GetBytes(header.Key), writer);
            Write(header.Value, writer);
        }

        Write(-1, writer);
        Write(-1, writer);
        _part.Clear();
        values.Serialize(value.Value, _part);
        Write(_part.Length, writer);
        writer.Write(_part.Written);
        Write(0L, writer);
    }

    public BufferedRecord<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        var rest = data;
        var timestamp = ReadLong(ref rest);
        var offset = ReadLong(ref rest);
        var topic = Encoding.UTF8.GetString(ReadBytes(ref rest, out _));
        var partition = ReadInt(ref rest);
        var headers = ReadHeaders(ref rest);
        ReadBytes(ref rest, out _);
        ReadBytes(ref rest, out _);
        var value = values.Deserialize(ReadBytes(ref rest, out _));
        return rest.Length is 0 or Room
            ? new BufferedRecord<TValue>(value, timestamp, headers, new RecordPosition(new TopicPartition(topic, partition), offset))
            : throw new FormatException($"Behind a record that waits there are {rest.Length} bytes more.");
    }

    private static Headers? ReadHeaders(ref ReadOnlySpan<byte> rest)
    {
        var count = ReadInt(ref rest);
        if (count <= 0)
        {
            return null;
        }

        var headers = new List<Header>();
        for (var i = 0; i < count; i++)
        {
            var name = Encoding.UTF8.GetString(ReadBytes(ref rest, out _));
            var bytes = ReadBytes(ref rest, out var isNull);
            headers.Add(new Header(name, isNull ? null : bytes.ToArray()));
        }

        return new Headers(headers);
    }

    private static void Write(long number, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(sizeof(long)), number);
        writer.Advance(sizeof(long));
    }

    private static void Write(int number, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), number);
        writer.Advance(sizeof(int));
    }

    private static void Write(byte[]? bytes, IBufferWriter<byte> writer)
    {
        Write(bytes?.Length ?? -1, writer);
        writer.Write(bytes);
    }

    private static long ReadLong(ref ReadOnlySpan<byte> rest) => BinaryPrimitives.ReadInt64BigEndian(Take(ref rest, sizeof(long)));

    private static int ReadInt(ref ReadOnlySpan<byte> rest) => BinaryPrimitives.ReadInt32BigEndian(Take(ref rest, sizeof(int)));

    private static ReadOnlySpan<byte> ReadBytes(ref ReadOnlySpan<byte> rest, out bool isNull)
    {
        var length = ReadInt(ref rest);
        isNull = length == -1;
        return isNull ? default : Take(ref rest, length);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int length)
    {
        if (length < 0 || length > rest.Length)
        {
            throw new FormatException($"A record that waits announces {length} bytes where {rest.Length} are left.");
        }

        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
