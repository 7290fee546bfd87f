using System.Text.Json;
using System.Text.Json.Serialization;
using StreamFlow.Serialization;

namespace StreamFlow.Samples;

/// <summary>JSON as all samples write it: camel case, enums by name, in topics as on pages.</summary>
public static class SampleJson
{
    /// <summary>The options of the serializer.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>A serde of a record type.</summary>
    public static JsonSerde<T> Serde<T>() => new(Options);

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
