using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;
using static StreamFlow.State.BufferFields;

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
        Write(value.Position.Partition.Topic, writer);
        Write(value.Position.Partition.Partition, writer);
        Write(value.Headers, writer);
        Write(NoBytes, writer);
        Write(NoBytes, writer);
        _part.Clear();
        values.Serialize(value.Value, _part);
        Write(_part.Written, writer);
        Write(0L, writer);
    }

    public BufferedRecord<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        var rest = data;
        var timestamp = ReadLong(ref rest);
        var offset = ReadLong(ref rest);
        var topic = ReadText(ref rest);
        var partition = ReadInt(ref rest);
        var headers = ReadHeaders(ref rest);
        ReadRow(ref rest);
        ReadRow(ref rest);
        var value = values.Deserialize(ReadRow(ref rest));
        return rest.Length is 0 or Room
            ? new BufferedRecord<TValue>(value, timestamp, headers, new RecordPosition(new TopicPartition(topic, partition), offset))
            : throw new FormatException($"Behind a record that waits there are {rest.Length} bytes more.");
    }

    /// <summary>A row, empty where it is missing.</summary>
    private static ReadOnlySpan<byte> ReadRow(ref ReadOnlySpan<byte> rest)
    {
        var length = ReadInt(ref rest);
        return length == NoBytes ? default : Take(ref rest, length);
    }
}
