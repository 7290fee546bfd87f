using System;
using System.Globalization;

namespace StreamFlow.Protocol.Generator;

/// <summary>C# for one field: its type, its default, how it is read and written.</summary>
internal static class FieldCode
{
    public static string TypeOf(FieldLayout field) =>
        Element(field) + (field.IsArray ? "[]" : "") + (field.Nullable is not null && field.Kind != FieldKind.Records | field.IsArray ? "?" : "");

    /// <summary>The initial value of the property; empty where the type's own is right.</summary>
    public static string Initial(FieldLayout field)
    {
        if (field.IsNullByDefault)
        {
            return "";
        }

        if (field.IsArray || field.Kind == FieldKind.Bytes)
        {
            return "[]";
        }

        return field.Kind switch
        {
            FieldKind.String or FieldKind.ShortString => field.Default ?? "\"\"",
            FieldKind.Struct => "new()",
            _ => field.Default ?? "",
        };
    }

    /// <summary>An expression that is true when the field has its default.</summary>
    public static string IsDefault(FieldLayout field)
    {
        if (field.IsNullByDefault)
        {
            return $"{field.Name} is null";
        }

        if (field.IsArray || field.Kind is FieldKind.Bytes)
        {
            return field.Nullable is null ? $"{field.Name} is null or {{ Length: 0 }}" : $"{field.Name} is {{ Length: 0 }}";
        }

        return field.Kind switch
        {
            FieldKind.String or FieldKind.ShortString when field.Default is null && field.Nullable is null => $"string.IsNullOrEmpty({field.Name})",
            FieldKind.String or FieldKind.ShortString => $"{field.Name} == {field.Default ?? "\"\""}",
            FieldKind.Struct => field.Nullable is null ? $"{field.Name}.IsDefault" : $"{field.Name} is {{ IsDefault: true }}",
            FieldKind.Records => $"{field.Name}.IsNull",
            FieldKind.Bool => field.Default == "true" ? field.Name : $"!{field.Name}",
            FieldKind.Error or FieldKind.Uuid => $"{field.Name} == default",
            _ => $"{field.Name} == {field.Default ?? "0"}",
        };
    }

    public static string Read(FieldLayout field) => Either(
        field, "r", nullable => $"m.{field.Name} = {ReadValue(field, nullable)};");

    public static string Write(FieldLayout field) => Either(field, "w", nullable => WriteValue(field, nullable));

    /// <summary>A comparison of the version that is true where the range has it; empty where all versions around do.</summary>
    public static string InVersions(VersionRange range, VersionRange around, string variable)
    {
        var from = range.From > around.From ? $"{variable}.Version >= {Text(range.From)}" : "";
        var to = range.To < around.To ? $"{variable}.Version <= {Text(range.To)}" : "";
        return from.Length > 0 && to.Length > 0 ? $"{from} && {to}" : from + to;
    }

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>One statement, or two by version where the field may be null in some versions only.</summary>
    private static string Either(FieldLayout field, string variable, Func<bool, string> statement)
    {
        if (field.Nullable is not { } nullable)
        {
            return statement(false);
        }

        var condition = InVersions(nullable, field.Versions, variable);
        return condition.Length == 0 ? statement(true) : $"if ({condition}) {{ {statement(true)} }} else {{ {statement(false)} }}";
    }

    private static string ReadValue(FieldLayout field, bool nullable)
    {
        var orNull = nullable ? "Nullable" : "";
        return field switch
        {
            { IsArray: true, Kind: FieldKind.Struct } => $"r.Read{orNull}Array<{field.Struct!.TypeName}>()",
            { IsArray: true } => $"r.Read{orNull}{field.Kind}Array()",
            { Kind: FieldKind.Struct, Tag: not null } when nullable => $"r.ReadUnsignedVarint() == 0 ? null : {field.Struct!.TypeName}.Read(ref r)",
            { Kind: FieldKind.Struct } when nullable => $"r.ReadInt8() < 0 ? null : {field.Struct!.TypeName}.Read(ref r)",
            { Kind: FieldKind.Struct } => $"{field.Struct!.TypeName}.Read(ref r)",
            { Kind: FieldKind.String or FieldKind.ShortString or FieldKind.Bytes or FieldKind.Records } => $"r.Read{orNull}{field.Kind}()",
            _ => $"r.Read{field.Kind}()",
        };
    }

    private static string WriteValue(FieldLayout field, bool nullable)
    {
        var orNull = nullable ? "Nullable" : "";
        // Where the version has no null for it, the writer looks itself and says which field it is.
        var known = !nullable && (field.Nullable is not null || field.Tag is not null) ? "!" : "";
        return field switch
        {
            { IsArray: true, Kind: FieldKind.Struct } => $"w.Write{orNull}Array({field.Name}{known});",
            { IsArray: true } => $"w.Write{orNull}{field.Kind}Array({field.Name}{known});",
            { Kind: FieldKind.Struct, Tag: not null } when nullable => $"w.WriteNullableTaggedStruct({field.Name});",
            { Kind: FieldKind.Struct } when nullable => $"w.WriteNullableStruct({field.Name});",
            { Kind: FieldKind.Struct, Nullable: not null } => $"{field.Name}!.Value.Write(w);",
            { Kind: FieldKind.Struct } => $"{field.Name}.Write(w);",
            { Kind: FieldKind.String or FieldKind.ShortString or FieldKind.Bytes } => $"w.Write{orNull}{field.Kind}({field.Name}{known});",
            { Kind: FieldKind.Records } => $"w.Write{orNull}Records({field.Name});",
            _ => $"w.Write{field.Kind}({field.Name});",
        };
    }

    private static string Element(FieldLayout field) => field.Kind switch
    {
        FieldKind.Bool => "bool",
        FieldKind.Int8 => "sbyte",
        FieldKind.Int16 => "short",
        FieldKind.UInt16 => "ushort",
        FieldKind.Int32 => "int",
        FieldKind.Int64 => "long",
        FieldKind.Float64 => "double",
        FieldKind.Uuid => "Guid",
        FieldKind.Error => "ErrorCode",
        FieldKind.String or FieldKind.ShortString => "string",
        FieldKind.Bytes => "byte[]",
        FieldKind.Records => "WireRecords",
        FieldKind.Struct => field.Struct!.TypeName,
        _ => throw new ArgumentOutOfRangeException(nameof(field), field.Kind, "No such kind."),
    };
}
