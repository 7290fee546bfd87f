namespace StreamFlow.Dashboard;

/// <summary>A record that was read, copied.</summary>
internal sealed record ReadRecord(TopicPartition Partition, long Offset, long Timestamp, byte[]? Key, byte[]? Value, Headers Headers)
{
    public DateTimeOffset? At => MomentOf(Timestamp);

    /// <summary>Bytes that it takes here.</summary>
    public long Size => (Key?.Length ?? 0) + (Value?.Length ?? 0) + Headers.Sum(h => (long)h.Key.Length + (h.Value?.Length ?? 0));

    /// <summary>Size of the key, when only the first bytes of it are here.</summary>
    private int? WholeKey { get; init; }

    /// <summary>Size of the value, when only the first bytes of it are here.</summary>
    private int? WholeValue { get; init; }

    /// <summary>The same with no more bytes than are shown.</summary>
    public ReadRecord Cut() => this with
    {
        Key = Texts.FirstOf(Key),
        Value = Texts.FirstOf(Value),
        Headers = new Headers(Headers.Select(h => new Header(h.Key, Texts.FirstOf(h.Value)))),
        WholeKey = Key?.Length,
        WholeValue = Value?.Length,
    };

    /// <summary>A moment of event time; null where it is beyond all calendars.</summary>
    public static DateTimeOffset? MomentOf(long timestamp) =>
        timestamp is >= 0 and <= 253402300799999 ? DateTimeOffset.FromUnixTimeMilliseconds(timestamp) : null;

    public TextModel ShownKey => Texts.OfBytes(Key, WholeKey);

    public TextModel ShownValue => Texts.OfBytes(Value, WholeValue);

    public RecordModel ToModel() => new(Partition.Partition, Offset, At, ShownKey, ShownValue, [.. Headers.Select(Texts.OfHeader)]);
}
