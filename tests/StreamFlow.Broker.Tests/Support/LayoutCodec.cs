using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>A struct of the protocol by field name. Absent fields are written as zero, empty or null.</summary>
public sealed class WireStruct : Dictionary<string, object?>
{
    public long Number(string name) => (long)this[name]!;

    public string? Text(string name) => (string?)this[name];

    public byte[] Bytes(string name) => (byte[])this[name]!;

    public IReadOnlyList<object?> List(string name) => (List<object?>)this[name]!;

    public IEnumerable<WireStruct> Structs(string name) => List(name).Cast<WireStruct>();

    public WireStruct Only(string name) => Assert.IsType<WireStruct>(Assert.Single(List(name)));
}

/// <summary>Encodes and decodes messages from their layout alone.</summary>
public static class LayoutCodec
{
    public static byte[] Encode(LayoutType body, int version, bool flexible, WireStruct value, bool unknownTags = false)
    {
        Writer writer = new(version, flexible, unknownTags);
        writer.WriteStruct(body, value);
        return [.. writer.Output];
    }

    /// <param name="body">The layout.</param>
    /// <param name="version">The version of the message.</param>
    /// <param name="flexible">Whether that has compact lengths and tags.</param>
    /// <param name="bytes">The message without its header.</param>
    /// <param name="mayHaveMore">Whether bytes may follow, which brokers ignore behind a request.</param>
    public static WireStruct Decode(
        LayoutType body, int version, bool flexible, ReadOnlyMemory<byte> bytes, bool mayHaveMore = false)
    {
        Reader reader = new(version, flexible, bytes);
        WireStruct value = reader.ReadStruct(body);
        Assert.True(mayHaveMore || reader.Position == bytes.Length, $"{bytes.Length - reader.Position} bytes are left over.");
        return value;
    }

    public static void WriteUnsignedVarint(List<byte> output, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output.Add((byte)(value | 0x80));
        }

        output.Add((byte)value);
    }

    private sealed class Writer(int version, bool flexible, bool unknownTags)
    {
        public List<byte> Output { get; } = [];

        public void WriteStruct(LayoutType type, WireStruct? value)
        {
            foreach (LayoutField field in type.Fields.Where(x => x.Tag is null && x.Versions.Contains(version)))
            {
                object? item = null;
                value?.TryGetValue(field.Name, out item);
                Write(field.Type, item);
            }

            if (!flexible)
            {
                return;
            }

            if (unknownTags)
            {
                Output.AddRange([1, 99, 3, 1, 2, 3]);
            }
            else
            {
                Output.Add(0);
            }
        }

        private void Write(LayoutType type, object? value)
        {
            if (type.Kind == LayoutKind.Struct)
            {
                WriteWhetherThere(type, value);
                if (value is not null || !type.Nullable.Contains(version))
                {
                    WriteStruct(type, (WireStruct?)value);
                }
            }
            else if (type.Kind == LayoutKind.Array)
            {
                WriteArray(type, value);
            }
            else
            {
                WritePrimitive(type, value);
            }
        }

        private void WriteWhetherThere(LayoutType type, object? value)
        {
            if (type.Nullable.Contains(version))
            {
                Output.Add(value is null ? (byte)0xFF : (byte)1);
            }
        }

        private void WriteArray(LayoutType type, object? value)
        {
            if (value is null && type.Nullable.Contains(version))
            {
                Length(-1, 4);
                return;
            }

            List<object?> items = value switch
            {
                null => [],
                WireStruct one => [one],
                System.Collections.IEnumerable many => [.. many.Cast<object?>()],
                _ => [value],
            };
            Length(items.Count, 4);
            items.ForEach(x => Write(type.Element!, x));
        }

        private void WritePrimitive(LayoutType type, object? value)
        {
            switch (type.Primitive)
            {
                case "i8" or "bool":
                    Output.Add((byte)Number(value));
                    break;
                case "i16":
                    Fixed(2, Number(value));
                    break;
                case "i32":
                    Fixed(4, Number(value));
                    break;
                case "i64":
                    Fixed(8, Number(value));
                    break;
                case "uuid":
                    Output.AddRange(value is Guid id ? id.ToByteArray(bigEndian: true) : new byte[16]);
                    break;
                default:
                    WriteSized(type, value);
                    break;
            }
        }

        private void WriteSized(LayoutType type, object? value)
        {
            int width = type.Primitive == "str" ? 2 : 4;
            if (value is null && type.Nullable.Contains(version))
            {
                Length(-1, width);
                return;
            }

            byte[] bytes = value switch
            {
                string text => Encoding.UTF8.GetBytes(text),
                byte[] raw => raw,
                _ => [],
            };
            Length(bytes.Length, width);
            Output.AddRange(bytes);
        }

        private void Length(int length, int width)
        {
            if (flexible)
            {
                WriteUnsignedVarint(Output, (uint)(length + 1));
            }
            else
            {
                Fixed(width, length);
            }
        }

        private void Fixed(int width, long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            Output.AddRange(bytes[(8 - width)..]);
        }

        private static long Number(object? value) => value switch
        {
            null => 0,
            bool flag => flag ? 1 : 0,
            _ => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    private sealed class Reader(int version, bool flexible, ReadOnlyMemory<byte> bytes)
    {
        public int Position { get; private set; }

        public WireStruct ReadStruct(LayoutType type)
        {
            WireStruct value = [];
            foreach (LayoutField field in type.Fields.Where(x => x.Tag is null && x.Versions.Contains(version)))
            {
                value[field.Name] = Read(field.Type);
            }

            if (flexible)
            {
                ReadTags(type, value);
            }

            return value;
        }

        private void ReadTags(LayoutType type, WireStruct value)
        {
            uint count = UnsignedVarint();
            for (uint i = 0; i < count; i++)
            {
                uint tag = UnsignedVarint();
                uint size = UnsignedVarint();
                int end = Position + (int)size;
                LayoutField field = type.Fields.Single(x => x.Tag == tag && x.Versions.Contains(version));
                value[field.Name] = Read(field.Type);
                Assert.Equal(end, Position);
            }
        }

        private object? Read(LayoutType type)
        {
            if (type.Kind == LayoutKind.Struct)
            {
                // One that may be null begins with a byte that says whether it is.
                bool isNull = type.Nullable.Contains(version) && (sbyte)Take(1)[0] < 0;
                return isNull ? null : ReadStruct(type);
            }

            if (type.Kind == LayoutKind.Primitive)
            {
                return ReadPrimitive(type);
            }

            int count = Length(4, type.Nullable);
            if (count < 0)
            {
                return null;
            }

            List<object?> items = [];
            for (int i = 0; i < count; i++)
            {
                items.Add(Read(type.Element!));
            }

            return items;
        }

        private object? ReadPrimitive(LayoutType type)
        {
            switch (type.Primitive)
            {
                case "i8":
                    return (long)(sbyte)Take(1)[0];
                case "bool":
                    return Take(1)[0] != 0;
                case "i16":
                    return (long)BinaryPrimitives.ReadInt16BigEndian(Take(2));
                case "i32":
                    return (long)BinaryPrimitives.ReadInt32BigEndian(Take(4));
                case "i64":
                    return BinaryPrimitives.ReadInt64BigEndian(Take(8));
                case "uuid":
                    return new Guid(Take(16), bigEndian: true);
            }

            int length = Length(type.Primitive == "str" ? 2 : 4, type.Nullable);
            if (length < 0)
            {
                return null;
            }

            return type.Primitive == "str" ? Encoding.UTF8.GetString(Take(length)) : Take(length).ToArray();
        }

        private int Length(int width, VersionRange nullable)
        {
            int length = flexible
                ? (int)UnsignedVarint() - 1
                : width == 2 ? BinaryPrimitives.ReadInt16BigEndian(Take(2)) : BinaryPrimitives.ReadInt32BigEndian(Take(4));
            Assert.True(length >= 0 || (length == -1 && nullable.Contains(version)), $"A length of {length} is not allowed.");
            return length;
        }

        private uint UnsignedVarint()
        {
            uint value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte part = Take(1)[0];
                value |= (uint)(part & 0x7F) << shift;
                if (part < 0x80)
                {
                    return value;
                }
            }
        }

        private ReadOnlySpan<byte> Take(int count)
        {
            ReadOnlySpan<byte> taken = bytes.Span.Slice(Position, count);
            Position += count;
            return taken;
        }
    }
}
