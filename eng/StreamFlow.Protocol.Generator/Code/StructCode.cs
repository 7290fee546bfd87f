using System.Collections.Generic;
using System.Linq;

namespace StreamFlow.Protocol.Generator;

/// <summary>The members that a message and a struct in it have in common: fields, reading and writing.</summary>
internal static class StructCode
{
    /// <param name="code">Where to.</param>
    /// <param name="layout">The fields.</param>
    /// <param name="message">The message that it is or stands in.</param>
    /// <param name="isClass">Whether its type is a class: the message itself.</param>
    public static void AddMembers(CodeText code, StructLayout layout, MessageLayout message, bool isClass)
    {
        foreach (var field in layout.Fields)
        {
            code.Gap();
            code.Line($"/// <summary>{Summary(field, layout)}</summary>");
            var initial = FieldCode.Initial(field);
            code.Line($"public {FieldCode.TypeOf(field)} {field.Name} {{ get; set; }}{(initial.Length == 0 ? "" : $" = {initial};")}");
        }

        AddRead(code, layout, message, isClass);
        AddWrite(code, layout, message, isClass);
        if (layout.StandsAlone)
        {
            code.Gap();
            code.Line("/// <summary>Whether every field has its default: it says nothing then.</summary>");
            code.Line($"public readonly bool IsDefault => {string.Join(" && ", layout.Fields.Select(f => $"({FieldCode.IsDefault(f)})"))};");
        }
    }

    private static void AddRead(CodeText code, StructLayout layout, MessageLayout message, bool isClass)
    {
        code.Gap();
        code.Line("/// <summary>Reads it in the reader's version; a field that the version lacks has its default.</summary>");
        code.Open($"public static {layout.TypeName} Read(ref WireReader r)");
        if (isClass)
        {
            code.Line($"WireErrors.CheckVersion(nameof({layout.TypeName}), r.Version, LowestVersion, HighestVersion);");
            code.Line($"r.Flexible = {Flexible(message, "r")};");
        }

        code.Line($"{layout.TypeName} m = new();");
        foreach (var field in layout.Fields.Where(f => f.Tag is null))
        {
            code.When(FieldCode.InVersions(field.Versions, layout.Versions, "r"), FieldCode.Read(field));
        }

        var tagged = Tagged(layout);
        if (CanBeFlexible(layout, message))
        {
            code.Line(tagged.Count == 0 ? "r.SkipTags();" : $"ReadTags(ref r, {(isClass ? "" : "ref ")}m);");
        }

        code.Line("return m;");
        code.Close();
        if (tagged.Count > 0)
        {
            AddReadTags(code, layout, tagged, isClass);
        }
    }

    private static void AddReadTags(CodeText code, StructLayout layout, List<FieldLayout> tagged, bool isClass)
    {
        code.Gap();
        code.Open($"private static void ReadTags(ref WireReader r, {(isClass ? "" : "ref ")}{layout.TypeName} m)");
        code.Open("for (uint left = r.ReadTagCount(); left > 0; left--)");
        code.Open("switch (r.ReadTag(out int end))");
        foreach (var field in tagged)
        {
            var condition = FieldCode.InVersions(field.Versions, layout.Versions, "r");
            code.Line($"case {field.Tag}{(condition.Length == 0 ? "" : $" when {condition}")}:");
            code.Line($"    {FieldCode.Read(field)}");
            code.Line("    r.EndTag(end);");
            code.Line("    break;");
        }

        code.Line("default:");
        code.Line("    r.SkipTag(end);");
        code.Line("    break;");
        code.Close();
        code.Close();
        code.Close();
    }

    private static void AddWrite(CodeText code, StructLayout layout, MessageLayout message, bool isClass)
    {
        code.Gap();
        code.Line("/// <summary>Writes it in the writer's version.</summary>");
        code.Line("/// <exception cref=\"UnsupportedVersionException\">A field says something that the version cannot carry.</exception>");
        code.Open($"public {(isClass ? "" : "readonly ")}void Write(WireWriter w)");
        if (isClass)
        {
            code.Line($"WireErrors.CheckVersion(nameof({layout.TypeName}), w.Version, LowestVersion, HighestVersion);");
            code.Line($"w.Flexible = {Flexible(message, "w")};");
        }

        foreach (var field in layout.Fields)
        {
            AddWriteField(code, field, layout, message);
        }

        var tagged = Tagged(layout);
        if (CanBeFlexible(layout, message))
        {
            code.When(tagged.Count == 0 ? "" : "w.Flexible", tagged.Count == 0 ? "w.WriteEmptyTags();" : "WriteTags(w);");
        }

        code.Close();
        if (tagged.Count > 0)
        {
            AddWriteTags(code, layout, tagged, isClass);
        }
    }

    private static void AddWriteField(CodeText code, FieldLayout field, StructLayout layout, MessageLayout message)
    {
        var condition = FieldCode.InVersions(field.Versions, layout.Versions, "w");
        if (field.Tag is null)
        {
            code.When(condition, FieldCode.Write(field));
        }

        if (condition.Length > 0 && !field.IsIgnorable)
        {
            code.When(
                $"!({condition}) && !({FieldCode.IsDefault(field)})",
                $"WireErrors.ThrowNotInVersion(\"{message.Name}\", nameof({field.Name}), \"{field.Versions}\", w.Version);");
        }
    }

    private static void AddWriteTags(CodeText code, StructLayout layout, List<FieldLayout> tagged, bool isClass)
    {
        code.Gap();
        code.Open($"private {(isClass ? "" : "readonly ")}void WriteTags(WireWriter w)");
        foreach (var field in tagged)
        {
            var condition = FieldCode.InVersions(field.Versions, layout.Versions, "w");
            code.Line($"bool has{field.Name} = {(condition.Length == 0 ? "" : $"{condition} && ")}!({FieldCode.IsDefault(field)});");
        }

        code.Line($"w.WriteUnsignedVarint({string.Join(" + ", tagged.Select(f => $"(has{f.Name} ? 1u : 0u)"))});");
        foreach (var field in tagged)
        {
            code.Open($"if (has{field.Name})");
            code.Line($"int mark = w.BeginTag({field.Tag});");
            code.Line(FieldCode.Write(field));
            code.Line("w.EndTag(mark);");
            code.Close();
        }

        code.Close();
    }

    private static List<FieldLayout> Tagged(StructLayout layout) => [.. layout.Fields.Where(f => f.Tag is not null).OrderBy(f => f.Tag)];

    private static bool CanBeFlexible(StructLayout layout, MessageLayout message) => message.Head.FlexibleFrom <= layout.Versions.To;

    private static string Flexible(MessageLayout message, string variable) =>
        message.Head.FlexibleFrom == MessageLayout.Never ? "false"
        : message.Head.FlexibleFrom <= message.Head.Versions.From ? "true"
        : $"{variable}.Version >= FlexibleFrom";

    private static string Summary(FieldLayout field, StructLayout layout)
    {
        var versions = FieldCode.InVersions(field.Versions, layout.Versions, "r").Length == 0
            ? "In every version."
            : field.Versions.From == field.Versions.To ? $"In version {field.Versions} only." : $"In versions {field.Versions}.";
        var tag = field.Tag is { } number ? $" Tag {number}." : "";
        var initial = field.IsNullByDefault ? "null" : FieldCode.Initial(field) is { Length: > 0 } value ? value : "";
        return versions + tag + (initial.Length == 0 ? "" : $" Default: {(initial == "[]" ? "empty" : initial == "new()" ? "its fields' defaults" : initial)}.");
    }
}
