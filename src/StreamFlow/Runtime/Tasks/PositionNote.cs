using System.Text;
using System.Text.Json;

namespace StreamFlow.Runtime;

/// <summary>
/// What is committed beside a position, behind the partition's time: which topic the position is of, and, with one input of
/// each task, what its changelogs hold. A topic's configuration has no room for that, and a record of the changelog would be
/// a row to other readers of it; this goes with the positions, in their transaction, and is gone when they are.
/// </summary>
/// <param name="TopicId">The topic, as the broker knows it; null where it is not known.</param>
/// <param name="Stores">What the changelogs of the task's stores hold, by store.</param>
internal sealed record PositionNote(string? TopicId, IReadOnlyDictionary<string, StoreLabel> Stores)
{
    /// <summary>Brokers take 4096 bytes (<c>offset.metadata.max.bytes</c>); Base64 makes four of three.</summary>
    private const int MaxBytes = 2900;
    private static readonly PositionNote Nothing = new(null, StoreLabels.None);

    /// <summary>The note as Base64, to go behind <see cref="PartitionTimeMetadata"/>; empty when nothing is known.</summary>
    public static string Write(string? topicId, IEnumerable<KeyValuePair<string, StoreLabel>> stores)
    {
        var labels = stores.OrderBy(s => s.Key, StringComparer.Ordinal).ToList();
        if (topicId is null && labels.Count == 0)
        {
            return string.Empty;
        }

        // What does not fit is left out: the folders have it too.
        var note = Encode(topicId, labels, withMembers: true);
        for (var withMembers = false; note.Length > MaxBytes; labels = labels[..(labels.Count / 2)])
        {
            note = Encode(topicId, labels, withMembers);
        }

        return Convert.ToBase64String(note);
    }

    /// <summary>Reads the note behind the time; nothing where there is none, or somebody else's.</summary>
    public static PositionNote Read(string? metadata)
    {
        var text = PartitionTimeMetadata.NoteOf(metadata);
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64Chars(text, bytes, out var length) || length == 0)
        {
            return Nothing;
        }

        try
        {
            using var json = JsonDocument.Parse(bytes.AsMemory(0, length));
            return new PositionNote(
                json.RootElement.TryGetProperty("topic", out var id) ? id.GetString() : null,
                json.RootElement.TryGetProperty("stores", out var stores)
                    ? StoreLabels.Read(Encoding.UTF8.GetBytes(stores.GetRawText()))
                    : StoreLabels.None);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Nothing;
        }
    }

    private static byte[] Encode(string? topicId, List<KeyValuePair<string, StoreLabel>> labels, bool withMembers)
    {
        var id = topicId is null ? null : JsonEncodedText.Encode(topicId).ToString();
        var topic = id is null ? string.Empty : $"\"topic\":\"{id}\"";
        var stores = labels.Count == 0
            ? string.Empty
            : $"\"stores\":{Encoding.UTF8.GetString(StoreLabels.Write(labels, withMembers))}";
        return Encoding.UTF8.GetBytes($"{{{topic}{(topic.Length > 0 && stores.Length > 0 ? "," : string.Empty)}{stores}}}");
    }
}

/// <summary>What is committed beside the positions of an input, behind the time.</summary>
/// <param name="OfTopic">Which topic they are of.</param>
/// <param name="OfTask">The same, and what the changelogs of the task hold: with one input of each task.</param>
internal readonly record struct PositionNotes(string OfTopic, string OfTask);
