namespace StreamFlow.Testing;

/// <summary>How an <see cref="InMemoryKafka"/> behaves.</summary>
public sealed record InMemoryKafkaOptions
{
    /// <summary>The cluster's clock: transaction timeouts, append times and delayed answers follow it.</summary>
    /// <value>Default: a new <see cref="VirtualTime"/>.</value>
    public TimeProvider? Time { get; init; }

    /// <summary>Whether a topic that a producer asks for is created when it does not exist.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool AutoCreateTopics { get; init; }

    /// <summary>Number of partitions of a topic created without saying how many.</summary>
    /// <value>Default: 1.</value>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Largest number of records in one batch that a partition's reader hands out.</summary>
    /// <value>Default: 500.</value>
    public int MaxBatchRecords { get; init; } = 500;

    /// <summary>
    /// Records a producer keeps until their delivery was reported; beyond it, it answers that its queue is full.
    /// </summary>
    /// <value>Default: 100,000.</value>
    public int ProducerQueueCapacity { get; init; } = 100_000;

    /// <summary>Longest transaction timeout a producer may ask for (<c>transaction.max.timeout.ms</c>).</summary>
    /// <value>Default: 15 minutes.</value>
    public TimeSpan MaxTransactionTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long calls without a timeout of their own wait for an answer that is held back.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A record as it lies in a partition of an <see cref="InMemoryKafka"/>.</summary>
/// <param name="Offset">Its offset.</param>
/// <param name="Timestamp">Its timestamp in milliseconds since 1970-01-01T00:00Z.</param>
/// <param name="Key">Its key, or <see langword="null"/>.</param>
/// <param name="Value">Its value; <see langword="null"/> is a tombstone.</param>
/// <param name="Headers">Its headers; empty when it has none.</param>
public sealed record InMemoryRecord(long Offset, long Timestamp, byte[]? Key, byte[]? Value, Headers Headers);
