using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A value that waits in a time-ordered buffer.</summary>
/// <param name="Value">The value.</param>
/// <param name="Time">Its place in the order, in milliseconds.</param>
/// <param name="Bytes">What it counts for: itself and the time, serialized.</param>
internal readonly record struct Buffered<TValue>(TValue Value, long Time, int Bytes);

/// <summary>Writes a waiting value: the value, then 8 bytes of time, big-endian.</summary>
/// <param name="serde">Serde of the values.</param>
/// <param name="frameOf">Bytes of a value that its size does not count; null: none.</param>
internal sealed class BufferedSerde<TValue>(ISerde<TValue> serde, Func<TValue, int>? frameOf = null) : ISerde<Buffered<TValue>>
{
    public const int TimeBytes = sizeof(long);

    public void Serialize(Buffered<TValue> value, IBufferWriter<byte> writer)
    {
        serde.Serialize(value.Value, writer);
        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(TimeBytes), value.Time);
        writer.Advance(TimeBytes);
    }

    public Buffered<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.Length < TimeBytes)
        {
            throw new FormatException($"A waiting value ends with 8 bytes of its time; there are {data.Length} bytes.");
        }

        var value = serde.Deserialize(data[..^TimeBytes]);
        return new Buffered<TValue>(
            value, BinaryPrimitives.ReadInt64BigEndian(data[^TimeBytes..]), data.Length - (frameOf?.Invoke(value) ?? 0));
    }
}
