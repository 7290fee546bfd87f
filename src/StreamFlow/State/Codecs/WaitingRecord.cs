using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>The two streams of a join. The numbers are bytes in stores, and their order.</summary>
internal enum JoinSide : byte
{
    Right = 0,
    Left = 1,
}

/// <summary>Key of records that wait for one of the other stream: they are in the order of their time.</summary>
/// <param name="Timestamp">Their time.</param>
/// <param name="Side">The stream they are of.</param>
/// <param name="Key">Their key.</param>
internal readonly record struct WaitingKey<TKey>(long Timestamp, JoinSide Side, TKey Key);

/// <summary>The value of a record that waits, which is of one of the two streams.</summary>
internal readonly struct WaitingValue<TLeft, TRight>
{
    private WaitingValue(JoinSide side, TLeft left, TRight right) => (Side, Left, Right) = (side, left, right);

    public JoinSide Side { get; }

    public TLeft Left { get; }

    public TRight Right { get; }

    public static WaitingValue<TLeft, TRight> OfLeft(TLeft value) => new(JoinSide.Left, value, default!);

    public static WaitingValue<TLeft, TRight> OfRight(TRight value) => new(JoinSide.Right, default!, value);
}

/// <summary>Writes keys as Kafka Streams does (TimestampedKeyAndJoinSideSerializer): 8 bytes time, 1 byte side, the key.</summary>
internal sealed class WaitingKeySerde<TKey>(ISerde<TKey> keys) : ISerde<WaitingKey<TKey>>
{
    private const int Prefix = sizeof(long) + 1;

    public void Serialize(WaitingKey<TKey> value, IBufferWriter<byte> writer)
    {
        var head = writer.GetSpan(Prefix);
        BinaryPrimitives.WriteInt64BigEndian(head, value.Timestamp);
        head[sizeof(long)] = (byte)value.Side;
        writer.Advance(Prefix);
        keys.Serialize(value.Key, writer);
    }

    public WaitingKey<TKey> Deserialize(ReadOnlySpan<byte> data) =>
        data.Length >= Prefix
            ? new WaitingKey<TKey>(
                BinaryPrimitives.ReadInt64BigEndian(data), WaitingSides.Read(data[sizeof(long)]), keys.Deserialize(data[Prefix..]))
            : throw new FormatException($"The key of a waiting record begins with 9 bytes time and side; there are {data.Length} bytes.");
}

/// <summary>Writes values as Kafka Streams does (LeftOrRightValueSerializer): 1 byte side, the value.</summary>
internal sealed class WaitingValueSerde<TLeft, TRight>(ISerde<TLeft> left, ISerde<TRight> right) : ISerde<WaitingValue<TLeft, TRight>>
{
    public void Serialize(WaitingValue<TLeft, TRight> value, IBufferWriter<byte> writer)
    {
        writer.GetSpan(1)[0] = (byte)value.Side;
        writer.Advance(1);
        if (value.Side == JoinSide.Left)
        {
            left.Serialize(value.Left, writer);
        }
        else
        {
            right.Serialize(value.Right, writer);
        }
    }

    public WaitingValue<TLeft, TRight> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            throw new FormatException("The value of a waiting record begins with 1 byte, its side; there is none.");
        }

        return WaitingSides.Read(data[0]) == JoinSide.Left
            ? WaitingValue<TLeft, TRight>.OfLeft(left.Deserialize(data[1..]))
            : WaitingValue<TLeft, TRight>.OfRight(right.Deserialize(data[1..]));
    }
}

internal static class WaitingSides
{
    public static JoinSide Read(byte side) => side <= (byte)JoinSide.Left
        ? (JoinSide)side
        : throw new FormatException($"The side of a waiting record is 0 (right) or 1 (left), not {side}.");
}
