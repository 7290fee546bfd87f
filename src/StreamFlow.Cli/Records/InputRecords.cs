using System.Text;
using System.Text.Json;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Records;

/// <summary>A record that is to be sent.</summary>
internal sealed record InputRecord(byte[]? Key, byte[]? Value, IReadOnlyList<RecordHeader> Headers, int? Partition, long? Timestamp);

/// <summary>Makes records of lines.</summary>
internal sealed record InputRecords
{
    public string? Separator { get; init; }

    public string? Key { get; init; }

    public required ValueFormat KeyFormat { get; init; }

    public required ValueFormat ValueFormat { get; init; }

    public IReadOnlyList<RecordHeader> Headers { get; init; } = [];

    public bool IsJson { get; init; }

    public string? Null { get; init; }

    public int? Partition { get; init; }

    public long? Timestamp { get; init; }

    /// <summary>Reads one line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="number">From 1 on, for messages.</param>
    /// <exception cref="CommandException">The line is not as it was said to be.</exception>
    public InputRecord Read(string line, long number)
    {
        if (IsJson)
        {
            return ReadJson(line, number);
        }

        (string? key, string value) = (Key, line);
        if (Separator is not null)
        {
            int at = line.IndexOf(Separator, StringComparison.Ordinal);
            (key, value) = at >= 0
                ? (line[..at], line[(at + Separator.Length)..])
                : throw new CommandException($"Line {number} has no '{Separator}' (--key-separator): {line}");
        }

        return new InputRecord(
            key is null ? null : KeyFormat.Write(key, $"The key of line {number}"), value == Null ? null : ValueFormat.Write(value, $"The value of line {number}"), Headers, Partition, Timestamp);
    }

    private InputRecord ReadJson(string line, long number)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement record = document.RootElement;
            if (!record.TryGetProperty("value", out _))
            {
                // Taken for null it would delete its key, because of a name that was mistyped.
                throw new CommandException($"Line {number} has no \"value\"; give one, or null to delete its key: {line}");
            }

            return new InputRecord(
                Bytes(record, "key", KeyFormat, number), Bytes(record, "value", ValueFormat, number), [.. Headers, .. HeadersOf(record)],
                Partition ?? (record.TryGetProperty("partition", out JsonElement p) ? p.GetInt32() : null),
                Timestamp ?? (record.TryGetProperty("timestamp", out JsonElement t) ? t.GetInt64() : null));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new CommandException($"Line {number} is no record in JSON: {exception.Message} It is to be like {{\"key\":\"o1\",\"value\":\"text\",\"headers\":{{\"a\":\"b\"}}}}.", ExitCode.Failed, exception);
        }
    }

    private static byte[]? Bytes(JsonElement record, string name, ValueFormat format, long number) =>
        !record.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : format.Write(value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText(), $"The {name} of line {number}");

    private static IEnumerable<RecordHeader> HeadersOf(JsonElement record) => record.TryGetProperty("headers", out JsonElement headers)
        ? headers.EnumerateObject().Select(static h => new RecordHeader(h.Name, h.Value.ValueKind == JsonValueKind.Null ? null : Encoding.UTF8.GetBytes(h.Value.GetString()!)))
        : [];
}
