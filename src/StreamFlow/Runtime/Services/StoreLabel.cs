using System.Buffers;
using System.Text.Json;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>What data of a store say of themselves.</summary>
/// <param name="TopicId">
/// The topic whose offsets the data go by, as the broker knows it: the changelog, or the input in its place. Of a store
/// without either, the inputs of its task, separated by commas. Null where it is not known.
/// </param>
/// <param name="Shape">What they hold.</param>
internal sealed record StoreLabel(string? TopicId, StoreShape Shape)
{
    /// <summary>Whether the data belong to other topics than those there are now.</summary>
    /// <param name="topicId">The same of now.</param>
    public bool IsOfOtherTopics(string? topicId) =>
        TopicId is not null && topicId is not null && !TopicId.Split(',').Intersect(topicId.Split(',')).Any();
}

/// <summary>Labels by store, as JSON.</summary>
internal static class StoreLabels
{
    public static readonly IReadOnlyDictionary<string, StoreLabel> None = new Dictionary<string, StoreLabel>();

    /// <summary>The labels, in UTF-8.</summary>
    /// <param name="labels">Labels by store.</param>
    /// <param name="withMembers">Whether to write the members of JSON too, of which there may be many.</param>
    public static byte[] Write(IEnumerable<KeyValuePair<string, StoreLabel>> labels, bool withMembers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (store, label) in labels.OrderBy(l => l.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject(store);
                Write(json, label, withMembers);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads labels; what a later version has added is left out.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static IReadOnlyDictionary<string, StoreLabel> Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException($"Expected an object, found {document.RootElement.ValueKind}.");
        }

        return document.RootElement.EnumerateObject()
            .Where(store => store.Value.ValueKind == JsonValueKind.Object && Text(store.Value, "kind") is not null)
            .ToDictionary(store => store.Name, store => ReadLabel(store.Value), StringComparer.Ordinal);
    }

    private static void Write(Utf8JsonWriter json, StoreLabel label, bool withMembers)
    {
        if (label.TopicId is not null)
        {
            json.WriteString("topic", label.TopicId);
        }

        json.WriteString("kind", label.Shape.Kind);
        json.WriteString("layout", label.Shape.Layout.ToString());
        if (label.Shape.SegmentMs > 0)
        {
            json.WriteNumber("segmentMs", label.Shape.SegmentMs);
        }

        Write(json, "key", label.Shape.Key, withMembers);
        Write(json, "value", label.Shape.Value, withMembers);
    }

    private static void Write(Utf8JsonWriter json, string name, DataFormat? format, bool withMembers)
    {
        if (format is null)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString(format.Format is null ? "serde" : "format", format.Text);
        if (withMembers && format.Members.Count > 0)
        {
            json.WriteStartArray("members");
            foreach (var member in format.Members)
            {
                json.WriteStringValue(member);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static StoreLabel ReadLabel(JsonElement label) => new(
        Text(label, "topic"),
        new StoreShape
        {
            Kind = Text(label, "kind")!,
            Layout = Enum.TryParse<StoreFormat>(Text(label, "layout"), out var layout) ? layout : StoreFormat.Plain,
            SegmentMs = Number(label, "segmentMs"),
            Key = ReadFormat(label, "key"),
            Value = ReadFormat(label, "value"),
        });

    private static DataFormat? ReadFormat(JsonElement label, string name) =>
        label.TryGetProperty(name, out var format) && format.ValueKind == JsonValueKind.Object
            ? new DataFormat
            {
                Format = Text(format, "format"),
                Serde = Text(format, "serde"),
                Members = format.TryGetProperty("members", out var members) && members.ValueKind == JsonValueKind.Array
                    ? [.. members.EnumerateArray().Select(m => m.GetString() ?? string.Empty)]
                    : [],
            }
            : null;

    private static long Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var number) && number.ValueKind == JsonValueKind.Number
        && number.TryGetInt64(out var value)
            ? value
            : 0;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
