using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace StreamFlow.Serialization;

internal sealed class StringSerde : ISerde<string>
{
    private static readonly Encoding Utf8 = Encoding.GetEncoding(
        "utf-8", new EncoderReplacementFallback("?"), new DecoderReplacementFallback("\uFFFD"));

    public void Serialize(string value, IBufferWriter<byte> writer)
    {
        var span = writer.GetSpan(Utf8.GetMaxByteCount(value.Length));
        writer.Advance(Utf8.GetBytes(value, span));
    }

    public string Deserialize(ReadOnlySpan<byte> data) => Utf8.GetString(data);
}

internal sealed class BytesSerde : ISerde<byte[]>
{
    public void Serialize(byte[] value, IBufferWriter<byte> writer) => writer.Write(value);

    public byte[] Deserialize(ReadOnlySpan<byte> data) => data.ToArray();
}

internal sealed class BooleanSerde : ISerde<bool>
{
    public void Serialize(bool value, IBufferWriter<byte> writer)
    {
        writer.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        writer.Advance(1);
    }

    public bool Deserialize(ReadOnlySpan<byte> data)
    {
        FixedLength.Check(data, 1, "Boolean");
        return data[0] switch
        {
            0 => false,
            1 => true,
            _ => throw new FormatException($"A Boolean is the byte 0 or 1; got {data[0]}. Check the serde of the topic."),
        };
    }
}

internal sealed class Int16Serde : ISerde<short>
{
    public void Serialize(short value, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt16BigEndian(writer.GetSpan(sizeof(short)), value);
        writer.Advance(sizeof(short));
    }

    public short Deserialize(ReadOnlySpan<byte> data)
    {
        FixedLength.Check(data, sizeof(short), "Int16");
        return BinaryPrimitives.ReadInt16BigEndian(data);
    }
}

internal sealed class Int32Serde : ISerde<int>
{
    public void Serialize(int value, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(int)), value);
        writer.Advance(sizeof(int));
    }

    public int Deserialize(ReadOnlySpan<byte> data)
    {
        FixedLength.Check(data, sizeof(int), "Int32");
        return BinaryPrimitives.ReadInt32BigEndian(data);
    }
}

internal sealed class Int64Serde : ISerde<long>
{
    public void Serialize(long value, IBufferWriter<byte> writer)
    {
        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(sizeof(long)), value);
        writer.Advance(sizeof(long));
    }

    public long Deserialize(ReadOnlySpan<byte> data)
    {
        FixedLength.Check(data, sizeof(long), "Int64");
        return BinaryPrimitives.ReadInt64BigEndian(data);
    }
}

internal sealed class SingleSerde : ISerde<float>
{
    public void Serialize(float value, IBufferWriter<byte> writer)
    {
        // .NET's NaN has the sign bit set, Java's has not: one key must have one form.
        var bits = float.IsNaN(value) ? 0x7FC00000 : BitConverter.SingleToInt32Bits(value);
        BinaryPrimitives.WriteInt32BigEndian(writer.GetSpan(sizeof(float)), bits);
        writer.Advance(sizeof(float));
    }

    public float Deserialize(ReadOnlySpan<byte> data)
    {
        FixedLength.Check(data, sizeof(float), "Single");
        return BinaryPrimitives.ReadSingleBigEndian(data);
    }
}

internal sealed class DoubleSerde : ISerde<double>
{
    public void Serialize(double value, IBufferWriter<byte> writer)
    {
        var bits = double.IsNaN(value) ? 0x7FF8000000000000 : BitConverter.DoubleToInt64Bits(value);
        BinaryPrimitives.WriteInt64BigEndian(writer.GetSpan(sizeof(double)), bits);
        writer.Advance(sizeof(double));
    }

    public double Deserialize(ReadOnlySpan<byte> data)
    {
        FixedLength.Check(data, sizeof(double), "Double");
        return BinaryPrimitives.ReadDoubleBigEndian(data);
    }
}

internal sealed class GuidSerde : ISerde<Guid>
{
    private const int Length = 36;

    public void Serialize(Guid value, IBufferWriter<byte> writer)
    {
        Utf8Formatter.TryFormat(value, writer.GetSpan(Length), out var written, 'D');
        writer.Advance(written);
    }

    public Guid Deserialize(ReadOnlySpan<byte> data)
    {
        FixedLength.Check(data, Length, "Guid");
        return Utf8Parser.TryParse(data, out Guid value, out var read, 'D') && read == Length
            ? value
            : throw new FormatException(
                $"'{Encoding.UTF8.GetString(data)}' is not a UUID of 36 characters. Check the serde of the topic.");
    }
}

/// <summary>What serdes under a nullable name have in common.</summary>
internal abstract class NullableSerde
{
    /// <summary>Format of the bytes, which is that of the type itself.</summary>
    public abstract DataFormat InnerFormat { get; }
}

/// <summary>The serde of a value type under its nullable name.</summary>
internal sealed class NullableSerde<T> : NullableSerde, ISerde<T?>
    where T : struct
{
    private readonly ISerde<T> _inner;

    public NullableSerde(ISerde<T> inner) => _inner = inner;

    public override DataFormat InnerFormat => DataFormat.Of(_inner);

    public void Serialize(T? value, IBufferWriter<byte> writer) => _inner.Serialize(value.GetValueOrDefault(), writer);

    public T? Deserialize(ReadOnlySpan<byte> data) => _inner.Deserialize(data);

    public ISerde<T?> For(SerdeContext context)
    {
        var inner = _inner.For(context);
        return ReferenceEquals(inner, _inner) ? this : new NullableSerde<T>(inner);
    }
}

internal static class FixedLength
{
    public static void Check(ReadOnlySpan<byte> data, int expected, string type)
    {
        if (data.Length != expected)
        {
            Throw(data.Length, expected, type);
        }
    }

    [DoesNotReturn]
    private static void Throw(int length, int expected, string type) =>
        throw new FormatException(
            $"{type} takes {expected} bytes; got {length}. The topic was written with another serde: set the right one.");
}
