using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using StreamFlow.Broker;
using StreamFlow.Dashboard;
using StreamFlow.TestSupport;

namespace StreamFlow.Docs.Tests.Reference;

/// <summary>Writes docs/reference/options.md from the configuration's schema, and what only code can set from the types themselves.</summary>
internal static partial class OptionsPage
{
    private const string Introduction = """
        # Options

        Every setting, with its default. This page is written by `eng/options-page.sh` from the comments of the options types; how settings are bound
        and checked is in [hosting.md](../guide/hosting.md). Editors complete them by `ConfigurationSchema.json` of the package StreamFlow.Hosting.
        A time is written `hours:minutes:seconds`, `"00:00:05"` for five seconds; a size is a number of bytes.

        """;

    public static string Write()
    {
        var root = JsonNode.Parse(File.ReadAllText(Repository.FullPath("src/StreamFlow.Hosting/ConfigurationSchema.json")))!["properties"]!["StreamFlow"]!;
        var application = root["additionalProperties"]!;
        var stores = root["properties"]!["RocksDb"]!;
        var page = new StringBuilder(Introduction.ReplaceLineEndings("\n"));

        Section(page, "An application", "`StreamFlow:{name}` in configuration, where the name is that of `AddStreamFlow(name, ...)`; or `StreamFlowHostOptions` in code.", Rows(application));
        Section(page, "The engine", "`StreamFlow:{name}:Streams`, or `StreamFlowOptions` in code.", Rows(application["properties"]!["Streams"]!));
        Section(page, "The engine, in code only", "Properties of `StreamFlowOptions` that are functions.", CodeOnly(typeof(StreamFlowOptions), application["properties"]!["Streams"]!));
        Section(page, "Stores on disk", "`StreamFlow:RocksDb`, for all applications of the process, or `RocksDbOptions` in code.", Rows(stores));
        Section(page, "A single store", "`StreamFlow:RocksDb:Stores:{store}`, or `RocksDbStoreOptions` in code.", Rows(stores["properties"]!["Stores"]!["additionalProperties"]!));
        Section(page, "The embedded broker", "`EmbeddedBrokerOptions` in code; `streamflow broker` has [a command line](commands.md#streamflow) for it.", CodeOnly(typeof(EmbeddedBrokerOptions), null));
        Section(page, "The live page", "`DashboardOptions` in code, for `MapStreamFlow`.", CodeOnly(typeof(DashboardOptions), null));
        return page.ToString();
    }

    private static void Section(StringBuilder page, string title, string where, IEnumerable<(string Name, string Type, string Text)> rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{where}\n\n| setting | type | default | what it is |\n|---|---|---|---|\n");
        foreach (var (name, type, text) in rows)
        {
            var (what, given) = Split(text);
            page.Append(CultureInfo.InvariantCulture, $"| `{name}` | {type} | {Escaped(given)} | {Escaped(what)} |\n");
        }
    }

    private static IEnumerable<(string Name, string Type, string Text)> Rows(JsonNode section) =>
        from setting in section["properties"]!.AsObject()
        where setting.Value!["properties"] is null
        select (setting.Key, Type(setting.Value!), (string?)setting.Value!["description"] ?? string.Empty);

    private static string Type(JsonNode setting) => setting switch
    {
        _ when setting["enum"] is JsonArray choices => string.Join(", ", choices.Select(c => $"`{c}`")),
        _ when setting["pattern"] is not null => "time",
        _ when setting["additionalProperties"] is JsonObject => "by name",
        _ => (string)setting["type"]! switch { "integer" => "number", "boolean" => "`true`, `false`", var other => other },
    };

    private static IEnumerable<(string Name, string Type, string Text)> CodeOnly(Type type, JsonNode? configured) =>
        from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.SetMethod is { IsPublic: true } && configured?["properties"]![property.Name] is null
        select (property.Name, $"`{NameOf(property)}`", XmlDocs.Of(type, property.Name));

    private static string NameOf(PropertyInfo property)
    {
        var nullable = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable ? "?" : string.Empty;
        return NameOf(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) + nullable;
    }

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name switch { "String" => "string", "Int32" => "int", "Int64" => "long", "Boolean" => "bool", var other => other };

    /// <summary>What a comment says of the default: at its end "Default: ..." or "Default ...", or a sentence "... by default", which may go on.</summary>
    private static (string What, string Default) Split(string text)
    {
        if (AtTheEnd().Match(text) is { Success: true } end)
        {
            return (end.Groups["what"].Value, end.Groups["default"].Value);
        }

        if (ByDefault().Match(text) is not { Success: true } sentence)
        {
            return text.EndsWith(" Required.", StringComparison.Ordinal) ? (text[..^" Required.".Length], "required") : (text, "none");
        }

        if (sentence.Groups["rest"].Value.StartsWith(','))
        {
            return (sentence.Groups["what"].Value, (sentence.Groups["default"].Value + sentence.Groups["rest"].Value).TrimEnd('.'));
        }

        var rest = sentence.Groups["rest"].Value.TrimStart('.', ';', ' ');
        return ($"{sentence.Groups["what"].Value} {rest[..Math.Min(1, rest.Length)].ToUpperInvariant()}{rest[Math.Min(1, rest.Length)..]}".TrimEnd(), sentence.Groups["default"].Value);
    }

    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

    [GeneratedRegex(@"^(?<what>.+?[.:]) Default:? (?<default>.+?)\.?$")]
    private static partial Regex AtTheEnd();

    [GeneratedRegex(@"^(?<what>.+[.:]) (?<default>[^.]+) by default(?<rest>.*)$")]
    private static partial Regex ByDefault();
}
