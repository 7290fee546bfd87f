using System;
using System.Collections.Generic;
using System.Globalization;

namespace StreamFlow.Protocol.Generator;

/// <summary>Reads the line of one field: <c>Name type [versions] [= default] [tag n] [ignorable]</c>.</summary>
internal static class FieldParser
{
    private static readonly char[] Space = [' '];

    private static readonly Dictionary<string, FieldKind> Kinds = new()
    {
        ["bool"] = FieldKind.Bool, ["int8"] = FieldKind.Int8, ["int16"] = FieldKind.Int16, ["uint16"] = FieldKind.UInt16,
        ["int32"] = FieldKind.Int32, ["int64"] = FieldKind.Int64, ["float64"] = FieldKind.Float64, ["uuid"] = FieldKind.Uuid,
        ["error"] = FieldKind.Error, ["string"] = FieldKind.String, ["shortstring"] = FieldKind.ShortString,
        ["bytes"] = FieldKind.Bytes, ["records"] = FieldKind.Records, ["{}"] = FieldKind.Struct,
    };

    public static FieldLayout Parse(string text, int line, VersionRange around, int last, int flexibleFrom)
    {
        var words = text.Trim().Split(Space, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !char.IsUpper(words[0][0]))
        {
            throw new LayoutException(line, $"'{text.Trim()}' is no field: a name that begins with a capital letter and a type are expected.");
        }

        var field = new FieldLayout(words[0], line) { Versions = around };
        var at = 2;
        if (at < words.Length && char.IsDigit(words[at][0]))
        {
            field.Versions = Range(words[at], line, last).And(around);
            at++;
            if (field.Versions.IsEmpty)
            {
                throw new LayoutException(line, $"{field.Name} has versions {words[2]}, of which what it stands in has none ({around}).");
            }
        }

        ReadType(field, words[1], last);
        ReadRest(field, words, at);
        Check(field, flexibleFrom);
        return field;
    }

    private static void ReadType(FieldLayout field, string type, int last)
    {
        var question = type.IndexOf('?');
        if (question >= 0)
        {
            var versions = type.Substring(question + 1);
            field.Nullable = versions.Length == 0 ? field.Versions : Range(versions, field.Line, last).And(field.Versions);
            type = type.Substring(0, question);
        }

        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            field.IsArray = true;
            type = type.Substring(2);
        }

        if (Kinds.TryGetValue(type, out var kind))
        {
            field.Kind = kind;
            return;
        }

        if (type.Length == 0 || !char.IsUpper(type[0]))
        {
            throw new LayoutException(
                field.Line, $"'{type}' is no type: one of {string.Join(", ", Kinds.Keys)} or the name of a struct of this message is expected.");
        }

        field.Kind = FieldKind.Struct;
        field.SharedStruct = type;
    }

    private static void ReadRest(FieldLayout field, string[] words, int at)
    {
        while (at < words.Length)
        {
            switch (words[at])
            {
                case "=" when at + 1 < words.Length:
                    field.Default = words[at + 1];
                    at += 2;
                    break;
                case "tag" when at + 1 < words.Length && int.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var tag):
                    field.Tag = tag;
                    at += 2;
                    break;
                case "ignorable":
                    field.IsIgnorable = true;
                    at++;
                    break;
                default:
                    throw new LayoutException(
                        field.Line, $"'{words[at]}' is not understood behind {field.Name}: '= default', 'tag number' and 'ignorable' are, in this order.");
            }
        }
    }

    private static void Check(FieldLayout field, int flexibleFrom)
    {
        if (field.Tag is not null && field.Versions.From < flexibleFrom)
        {
            throw new LayoutException(field.Line, $"{field.Name} is tagged in version {field.Versions.From}, which has no tags: give it versions from {flexibleFrom} on.");
        }

        if (field.IsNullByDefault && field.Nullable is null)
        {
            throw new LayoutException(field.Line, $"{field.Name} is null by default and never null: write its type with a '?'.");
        }

        if (field.Nullable is not null && !field.IsArray
            && field.Kind is not (FieldKind.String or FieldKind.ShortString or FieldKind.Bytes or FieldKind.Records or FieldKind.Struct))
        {
            throw new LayoutException(field.Line, $"{field.Name} is a number, which cannot be null.");
        }

        var number = !field.IsArray && field.Kind is FieldKind.Int8 or FieldKind.Int16 or FieldKind.UInt16 or FieldKind.Int32 or FieldKind.Int64;
        if (field.Default is { } value && value != "null"
            && !(number && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            && !(field.Kind == FieldKind.Bool && value is "true" or "false")
            && !(field.Kind == FieldKind.String && !field.IsArray && value.Length > 2 && value[0] == '"' && value[value.Length - 1] == '"'))
        {
            throw new LayoutException(field.Line, $"'{value}' cannot be the default of {field.Name}.");
        }
    }

    private static VersionRange Range(string text, int line, int last) =>
        VersionRange.TryParse(text, last, out var range)
            ? range
            : throw new LayoutException(line, $"'{text}' is no range of versions: '3', '3-5' or '3+' is expected, and the last is {last}.");
}
