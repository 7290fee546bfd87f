namespace StreamFlow.Broker.Storage;

/// <summary>When an append counts as durable.</summary>
internal enum FlushPolicy
{
    /// <summary>Once the operating system has the bytes: survives the process, not a power cut.</summary>
    OperatingSystem,

    /// <summary>As <see cref="OperatingSystem"/>, with an fsync in the background every interval.</summary>
    Interval,

    /// <summary>Once an fsync covers the batch; concurrent appends share one (group commit).</summary>
    EveryAppend,
}

/// <summary>What retention does with old records; a topic may ask for both.</summary>
[Flags]
internal enum CleanupPolicy
{
    None = 0,
    Delete = 1,
    Compact = 2,
}

/// <summary>Whose clock a record's timestamp comes from.</summary>
internal enum TimestampType
{
    CreateTime,
    LogAppendTime,
}

/// <summary>The settings of one partition's log, derived from its topic's configuration.</summary>
internal sealed record LogOptions
{
    public static LogOptions Default { get; } = new();

    public int SegmentBytes { get; init; } = 64 * 1024 * 1024;

    public long SegmentMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    public int IndexIntervalBytes { get; init; } = 4096;

    public int MaxMessageBytes { get; init; } = 1_048_588;

    /// <summary>-1 keeps records whatever their age.</summary>
    public long RetentionMs { get; init; } = 7L * 24 * 60 * 60 * 1000;

    /// <summary>-1 keeps records whatever their size.</summary>
    public long RetentionBytes { get; init; } = -1;

    public CleanupPolicy CleanupPolicy { get; init; } = CleanupPolicy.Delete;

    public TimestampType MessageTimestampType { get; init; } = TimestampType.CreateTime;

    public long MessageTimestampBeforeMaxMs { get; init; } = long.MaxValue;

    public long MessageTimestampAfterMaxMs { get; init; } = 60L * 60 * 1000;

    public FlushPolicy FlushPolicy { get; init; } = FlushPolicy.OperatingSystem;

    /// <summary>The longest an append may stay unflushed under <see cref="FlushPolicy.Interval"/>.</summary>
    public long FlushIntervalMs { get; init; } = 100;

    /// <summary>The records after which the interval policy flushes without waiting for the time.</summary>
    public long FlushMessages { get; init; } = long.MaxValue;

    public long DeleteRetentionMs { get; init; } = 24L * 60 * 60 * 1000;

    public long MinCompactionLagMs { get; init; }

    public long MaxCompactionLagMs { get; init; } = long.MaxValue;

    public double MinCleanableDirtyRatio { get; init; } = 0.5;

    /// <summary>The codec batches are stored with; null for the one they came with.</summary>
    public CompressionCodec? Codec { get; init; }

    public int GzipLevel { get; init; } = CompressionLevels.GzipDefault;

    public int Lz4Level { get; init; } = CompressionLevels.Lz4Default;

    public int ZstdLevel { get; init; } = CompressionLevels.ZstdDefault;

    /// <summary>The level with which the broker itself compresses.</summary>
    public int CompressionLevelOf(CompressionCodec codec) => codec switch
    {
        CompressionCodec.Gzip => GzipLevel,
        CompressionCodec.Lz4 => Lz4Level,
        CompressionCodec.Zstd => ZstdLevel,
        _ => 0,
    };

    public bool IsCompacted => (CleanupPolicy & CleanupPolicy.Compact) != 0;

    public bool DeletesByRetention => (CleanupPolicy & CleanupPolicy.Delete) != 0;
}
