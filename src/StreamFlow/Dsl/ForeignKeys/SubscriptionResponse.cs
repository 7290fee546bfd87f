using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>The answer to a row of the left table.</summary>
/// <param name="Hash">Hash of the row's value as it was when it asked; null if it was deleted.</param>
/// <param name="Value">Value of the other row.</param>
/// <param name="HasValue">Whether there is one.</param>
/// <param name="Partition">Partition of the row; not sent, but where it is sent to.</param>
internal readonly record struct SubscriptionResponse<TOther>(ValueHash? Hash, TOther Value, bool HasValue, int? Partition);

/// <summary>
/// A byte version, 0, with the highest bit set if there is no hash; 16 bytes hash; the bytes of the value, none if there is none. A
/// value without bytes, such as an empty text, has the second bit of the first byte set: Kafka Streams takes it for none.
/// </summary>
internal sealed class SubscriptionResponseSerde<TOther>(ISerde<TOther> values) : ISerde<SubscriptionResponse<TOther>>
{
    private const byte NoHash = 0x80;
    private const byte EmptyValue = 0x40;
    private readonly PooledBuffer _value = new();

    /// <summary>One for each place, because it has a buffer.</summary>
    public ISerde<SubscriptionResponse<TOther>> For(SerdeContext context) =>
        new SubscriptionResponseSerde<TOther>(values.For(context));

    public void Serialize(SubscriptionResponse<TOther> value, IBufferWriter<byte> writer)
    {
        _value.Clear();
        if (value.HasValue)
        {
            values.Serialize(value.Value, _value);
        }

        var hashBytes = value.Hash is null ? 0 : ValueHash.Length;
        var head = writer.GetSpan(1 + hashBytes);
        head[0] = (byte)((value.Hash is null ? NoHash : 0) | (value.HasValue && _value.Length == 0 ? EmptyValue : 0));
        value.Hash?.Write(head[1..]);
        writer.Advance(1 + hashBytes);
        writer.Write(_value.Written);
        _value.Trim();
    }

    public SubscriptionResponse<TOther> Deserialize(ReadOnlySpan<byte> data)
    {
        var hasHash = !data.IsEmpty && (data[0] & NoHash) == 0;
        var head = 1 + (hasHash ? ValueHash.Length : 0);
        if (data.Length < head || (data[0] & ~(NoHash | EmptyValue)) != 0)
        {
            throw new FormatException(
                $"{data.Length} bytes are no answer of a join by foreign key. Check that no other program writes to its topic.");
        }

        var hasValue = data.Length > head || (data[0] & EmptyValue) != 0;
        return new SubscriptionResponse<TOther>(
            hasHash ? ValueHash.Read(data[1..]) : null,
            hasValue ? values.Deserialize(data[head..]) : default!,
            hasValue,
            Partition: null);
    }
}
