using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using StreamFlow.State;
using StreamFlow.TestSupport;

namespace StreamFlow.Hosting.Tests.Support;

/// <summary>Writes the JSON schema of the section StreamFlow from the options types and their documentation.</summary>
internal static class SchemaWriter
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write()
    {
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["StreamFlow"] = new JsonObject
                {
                    ["type"] = "object",
                    ["description"] = "Applications of StreamFlow, each by its name, and in RocksDb the settings of all stores on disk.",
                    ["properties"] = new JsonObject { ["RocksDb"] = Section(SettingsShape.Stores, typeof(RocksDbOptions)) },
                    ["additionalProperties"] = Section(SettingsShape.Application, typeof(StreamFlowHostOptions)),
                },
            },
        };
        return schema.ToJsonString(Format) + "\n";
    }

    private static JsonObject Section(SettingsShape shape, Type type)
    {
        var keys = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (name, value) in shape.Values)
        {
            keys[name] = Described(Value(value), type, name);
        }

        foreach (var (name, section) in shape.Sections)
        {
            var inner = type.GetProperty(name)!.PropertyType;
            keys[name] = Described(
                section.IsText
                    ? Map(new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") })
                    : section.Each is { } each ? Map(Section(each, inner.GetGenericArguments()[1])) : Section(section, inner),
                type,
                name);
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(keys.Select(k => KeyValuePair.Create(k.Key, (JsonNode?)k.Value))),
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject Map(JsonNode values) => new() { ["type"] = "object", ["additionalProperties"] = values };

    private static JsonObject Value(Type type) => type switch
    {
        _ when type == typeof(string) => new JsonObject { ["type"] = "string" },
        _ when type == typeof(double) => new JsonObject { ["type"] = "number" },
        _ when type == typeof(bool) => new JsonObject { ["type"] = "boolean" },
        _ when type == typeof(TimeSpan) => new JsonObject
        {
            ["type"] = "string", ["pattern"] = "^-?([0-9]+\\.)?[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,7})?)?$",
        },
        { IsEnum: true } => new JsonObject { ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(n => JsonValue.Create(n))]) },
        _ => new JsonObject { ["type"] = "integer" },
    };

    private static JsonObject Described(JsonObject value, Type owner, string property)
    {
        var described = new JsonObject { ["description"] = XmlDocs.Of(owner, property) };
        foreach (var (key, node) in value.ToList())
        {
            value.Remove(key);
            described[key] = node;
        }

        return described;
    }
}
