using System.Globalization;
using System.Text;

namespace StreamFlow.Dashboard;

/// <summary>A dead letter, read by its headers.</summary>
/// <param name="record">Its record in the topic of dead letters.</param>
internal sealed class Letter(ReadRecord record)
{
    private const string KafkaPrefix = "__streams.errors.";
    private const string OwnPrefix = "streamflow.errors.";
    private const string Unknown = "unknown";

    public ReadRecord Record => record;

    public string Id => IdOf(record.Partition.Partition, record.Offset);

    /// <summary>What has failed: <c>deserialization</c>, <c>processing</c> or <c>production</c>.</summary>
    public string Reason => Text(OwnPrefix + "stage")?.ToLowerInvariant() ?? Unknown;

    public string Operator => Text(OwnPrefix + "operator") ?? Unknown;

    /// <summary>Where its record came from; null where it came from none.</summary>
    public RecordPosition? Source =>
        Text(KafkaPrefix + "topic") is { } topic
        && int.TryParse(Text(KafkaPrefix + "partition"), CultureInfo.InvariantCulture, out var partition)
        && long.TryParse(Text(KafkaPrefix + "offset"), CultureInfo.InvariantCulture, out var offset)
            ? new RecordPosition(new TopicPartition(topic, partition), offset)
            : null;

    /// <summary>The time of its record.</summary>
    public long Timestamp =>
        long.TryParse(Text(OwnPrefix + "timestamp"), CultureInfo.InvariantCulture, out var own) ? own : record.Timestamp;

    /// <summary>The headers that its record had.</summary>
    public IEnumerable<Header> OwnHeaders => record.Headers.Where(h =>
        !h.Key.StartsWith(KafkaPrefix, StringComparison.Ordinal) && !h.Key.StartsWith(OwnPrefix, StringComparison.Ordinal));

    /// <summary>Why it cannot be sent back; null when it can.</summary>
    public string? Obstacle => Source is null ? "it does not tell where its record came from"
        : Text(OwnPrefix + "result") is { } topic ? $"it is a result for topic '{topic}', not the record that it was made of"
        : Text(OwnPrefix + "waited.at") is not null ? "it is a result that had waited, not a record of the topic"
        : Text(OwnPrefix + "left.out") is { } left && left.Split(',').Any(part => part is "key" or "value" or "headers")
            ? $"parts of its record were left out of it ({left})"
            : null;

    public static string IdOf(int partition, long offset) => string.Create(CultureInfo.InvariantCulture, $"{partition}-{offset}");

    public LetterModel ToModel() => new(Id, record.At, Reason, Operator)
    {
        Exception = Text(KafkaPrefix + "exception") is { } type ? new LetterExceptionModel(type, Text(KafkaPrefix + "message")) : null,
        Source = Source is { } source
            ? new LetterSourceModel(source.Partition.Topic, source.Partition.Partition, source.Offset, ReadRecord.MomentOf(Timestamp))
            : null,
        Key = Texts.OfBytes(record.Key),
        Value = Texts.OfBytes(record.Value),
        Headers = [.. record.Headers.Select(Texts.OfHeader)],
    };

    private string? Text(string header) =>
        record.Headers.TryGetLast(header, out var value) && value is not null ? Encoding.UTF8.GetString(value) : null;
}
