using StreamFlow.Clients;

namespace StreamFlow.Testing.Memory;

/// <summary>A record that a producer was handed and the cluster has not seen.</summary>
internal sealed record UnsentRecord(
    InMemoryProducerTopic Topic, TopicPartition Target, long Timestamp, byte[]? Key, byte[]? Value,
    Headers? Headers, long Number, ScriptedFault? Fault, DateTimeOffset DueAt)
{
    /// <summary>Its bytes, without what a batch has besides.</summary>
    public int Size =>
        (Key?.Length ?? 0) + (Value?.Length ?? 0) + (Headers?.Sum(header => header.Key.Length + (header.Value?.Length ?? 0)) ?? 0);
}

/// <summary>What became of a record; its owner hears of it at the next poll.</summary>
internal readonly record struct DeliveryReport(UnsentRecord Record, long Offset, KafkaErrorKind? Kind, string? Reason)
{
    public DeliveryFailure ToFailure(KafkaErrorKind kind) =>
        new(Record.Target, Reason!, kind, Record.Key, Record.Value)
        {
            Number = Record.Number,
            Timestamp = Record.Timestamp,
            Headers = Record.Headers,
        };
}
