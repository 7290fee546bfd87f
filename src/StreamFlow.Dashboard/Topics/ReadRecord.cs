namespace StreamFlow.Dashboard;

/// <summary>A record that was read, copied.</summary>
internal sealed record ReadRecord(TopicPartition Partition, long Offset, long Timestamp, byte[]? Key, byte[]? Value, Headers Headers)
{
    public DateTimeOffset? At => MomentOf(Timestamp);

    /// <summary>Bytes that it takes here.</summary>
    public long Size => (Key?.Length ?? 0) + (Value?.Length ?? 0) + Headers.Sum(h => (long)h.Key.Length + (h.Value?.Length ?? 0));

    /// <summary>A moment of event time; null where it is beyond all calendars.</summary>
    public static DateTimeOffset? MomentOf(long timestamp) =>
        timestamp is >= 0 and <= 253402300799999 ? DateTimeOffset.FromUnixTimeMilliseconds(timestamp) : null;

    public RecordModel ToModel() => new(
        Partition.Partition, Offset, At, Texts.OfBytes(Key), Texts.OfBytes(Value), [.. Headers.Select(Texts.OfHeader)]);
}
