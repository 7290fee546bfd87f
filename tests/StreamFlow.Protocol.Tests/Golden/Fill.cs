using System.Reflection;
using System.Text;
using StreamFlow.Protocol.Generator;

namespace StreamFlow.Protocol.Tests.Golden;

/// <summary>
/// Fills a message as GoldenBytes.java does: a value follows from the type of its field and from its path, the field's names
/// in small letters and the indexes on the way to it.
/// </summary>
internal static class Fill
{
    private static readonly Assembly Messages = typeof(WireReader).Assembly;

    public static Type TypeOf(string name) => Messages.GetType($"StreamFlow.Protocol.Messages.{name}", throwOnError: true)!;

    /// <summary>Makes a message with what its version has: everything, or as little as it may.</summary>
    public static object Make(GoldenMessage golden) => Make(golden.Layout.Root, golden.Version, "", golden.IsFilled);

    private static object Make(StructLayout layout, short version, string path, bool filled)
    {
        var type = TypeOf(layout.TypeName);
        var made = Activator.CreateInstance(type)!;
        foreach (var field in layout.Fields.Where(f => f.Versions.Has(version)))
        {
            var property = type.GetProperty(field.Name)!;
            if (filled)
            {
                property.SetValue(made, Value(field, property.PropertyType, version, path + field.Name.ToLowerInvariant(), path.Length == 0 ? 2 : 1));
            }
            else if (field.Nullable?.Has(version) == true)
            {
                property.SetValue(made, null);
            }
        }

        return made;
    }

    private static object Value(FieldLayout field, Type type, short version, string path, int count)
    {
        if (!field.IsArray)
        {
            return One(field, version, path);
        }

        var items = Array.CreateInstance(type.GetElementType()!, count);
        for (var i = 0; i < count; i++)
        {
            items.SetValue(One(field, version, $"{path}{i}"), i);
        }

        return items;
    }

    private static object One(FieldLayout field, short version, string path)
    {
        var hash = Hash(path);
        var wide = unchecked(hash * (long)0x9E3779B97F4A7C15UL);
        byte[] bytes = [(byte)hash, (byte)(hash >> 8), (byte)(hash >> 16)];
        return field.Kind switch
        {
            FieldKind.Struct => Make(field.Struct!, version, path, filled: true),
            FieldKind.Records => WireRecords.Of(bytes),
            FieldKind.Bytes => bytes,
            FieldKind.String or FieldKind.ShortString => $"é{hash & 0xFFF}",
            FieldKind.Bool => (hash & 1) != 0,
            FieldKind.Int8 => (sbyte)hash,
            FieldKind.Int16 => (short)hash,
            FieldKind.Error => (ErrorCode)(short)hash,
            FieldKind.UInt16 => (ushort)hash,
            FieldKind.Int32 => hash,
            FieldKind.Int64 => wide,
            FieldKind.Float64 => hash / 8.0,
            FieldKind.Uuid => new Guid(Int128Bytes(wide, ~wide), bigEndian: true),
            _ => throw new ArgumentOutOfRangeException(nameof(field), field.Kind, "No such kind."),
        };
    }

    private static byte[] Int128Bytes(long high, long low)
    {
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, high);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), low);
        return bytes;
    }

    /// <summary>FNV-1a of 32 bits.</summary>
    private static int Hash(string path)
    {
        var hash = 0x811C9DC5;
        foreach (var value in Encoding.UTF8.GetBytes(path))
        {
            hash = unchecked((hash ^ value) * 0x01000193);
        }

        return unchecked((int)hash);
    }
}
