using System.Buffers;
using System.Diagnostics;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>
/// An update of a row on its way through a repartition topic, as Kafka Streams writes it. The last byte says what is there: 0 the
/// value before, 1 the value now, 2 the length of the value now as a zig-zag varint, that value, and the one before. 3 to 5 are
/// the same with one byte more before the last; some versions wrote them, and they are read only.
/// </summary>
internal sealed class ChangeSerde<TValue>(ISerde<TValue> values) : ISerde<Change<TValue>>
{
    private const byte OldOnly = 0;
    private const byte NewOnly = 1;
    private const byte NewAndOld = 2;
    private const byte FirstWithLatest = 3;
    private const byte Last = 5;
    private readonly PooledBuffer _new = new();

    /// <summary>One for each place, because it has a buffer.</summary>
    public ISerde<Change<TValue>> For(SerdeContext context) => new ChangeSerde<TValue>(values.For(context));

    public void Serialize(Change<TValue> value, IBufferWriter<byte> writer)
    {
        Debug.Assert(value.HasNew || value.HasOld, "an update says something");
        if (value.HasNew && value.HasOld)
        {
            _new.Clear();
            values.Serialize(value.New, _new);
            WriteLength(_new.Length, writer);
            writer.Write(_new.Written);
            _new.Trim();
            values.Serialize(value.Old, writer);
        }
        else
        {
            values.Serialize(value.HasNew ? value.New : value.Old, writer);
        }

        writer.GetSpan(1)[0] = value.HasNew ? value.HasOld ? NewAndOld : NewOnly : OldOnly;
        writer.Advance(1);
    }

    public Change<TValue> Deserialize(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data[^1] > Last)
        {
            throw new FormatException(
                $"{data.Length} bytes are no update of a table's row. Check that no other program writes to the repartition topic.");
        }

        var flag = data[^1];
        data = data[..^1];
        if (flag >= FirstWithLatest)
        {
            // Only updates of the row itself are sent, so the byte says nothing.
            flag -= FirstWithLatest;
            data = data[..^1];
        }

        if (flag != NewAndOld)
        {
            var value = values.Deserialize(data);
            return flag == NewOnly
                ? new Change<TValue>(value, hasNew: true, default!, hasOld: false)
                : new Change<TValue>(default!, hasNew: false, value, hasOld: true);
        }

        var length = ReadLength(ref data);
        var now = values.Deserialize(data[..length]);
        return new Change<TValue>(now, hasNew: true, values.Deserialize(data[length..]), hasOld: true);
    }

    private static void WriteLength(int length, IBufferWriter<byte> writer)
    {
        var bytes = writer.GetSpan(5);
        var count = 0;
        for (var rest = (uint)length << 1; ; rest >>= 7)
        {
            if (rest < 0x80)
            {
                bytes[count++] = (byte)rest;
                break;
            }

            bytes[count++] = (byte)(rest | 0x80);
        }

        writer.Advance(count);
    }

    private static int ReadLength(ref ReadOnlySpan<byte> data)
    {
        var result = 0u;
        for (var shift = 0; shift < 35 && !data.IsEmpty; shift += 7)
        {
            var next = data[0];
            data = data[1..];
            result |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        var length = (int)(result >> 1);
        return (result & 1) == 0 && length <= data.Length
            ? length
            : throw new FormatException(
                $"An update of a table's row says that the value now has {length} bytes, of {data.Length}. Check that no other "
                + "program writes to the repartition topic.");
    }
}
