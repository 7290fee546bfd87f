namespace StreamFlow.Broker.Groups;

/// <summary>What records in the flexible encoding are made of.</summary>
internal static class FieldWriterExtensions
{
    public static void Uuid(this FieldWriter writer, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        writer.Raw(bytes);
    }

    public static void CompactNullableString(this FieldWriter writer, string? value)
    {
        if (value is null)
        {
            writer.UnsignedVarint(0);
        }
        else
        {
            writer.CompactString(value);
        }
    }

    public static void CompactStrings(this FieldWriter writer, IReadOnlyList<string> values)
    {
        writer.CompactLength(values.Count);
        foreach (string value in values)
        {
            writer.CompactString(value);
        }
    }

    public static void CompactInt32s(this FieldWriter writer, int[] values)
    {
        writer.CompactLength(values.Length);
        Array.ForEach(values, writer.Int32);
    }

    public static void NoTags(this FieldWriter writer) => writer.UnsignedVarint(0);

    /// <summary>A section of tags with one field.</summary>
    public static void OneTag(this FieldWriter writer, int tag, ReadOnlySpan<byte> field)
    {
        writer.UnsignedVarint(1);
        writer.UnsignedVarint((uint)tag);
        writer.UnsignedVarint((uint)field.Length);
        writer.Raw(field);
    }
}
