using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace StreamFlow.Broker.Storage;

/// <summary>How a data directory is kept.</summary>
internal sealed record StoreOptions
{
    public required string DataDirectory { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Settings of all topics that a topic may override, by Kafka's names.</summary>
    /// <remarks><c>flush.messages=1</c> here makes every acknowledgement wait for an fsync.</remarks>
    public IReadOnlyDictionary<string, string> TopicDefaults { get; init; } = TopicConfigs.EmptyConfigs;

    /// <summary>Fsyncs in flight at once; with zero whoever asks for durability runs them.</summary>
    /// <value>2</value>
    public int FlusherThreads { get; init; } = 2;

    /// <summary>How often a round is due for what retention deletes (<c>log.retention.check.interval.ms</c>).</summary>
    /// <value>5 minutes, as in Kafka</value>
    public TimeSpan RetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Counts the age of records from when the broker got them, not from their timestamps.</summary>
    public bool RetainsByArrival { get; init; }

    /// <summary>How often it is tried to bring back logs that refuse writes.</summary>
    /// <value>1 second</value>
    public TimeSpan RepairInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often compaction and other care run; zero leaves it to <see cref="TopicStore.Maintain"/>.</summary>
    /// <value>30 seconds</value>
    public TimeSpan MaintenanceInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The partitions that topics of clients may have together.</summary>
    public int MaxPartitions { get; init; } = int.MaxValue;

    /// <summary>The producers that all partitions may remember together.</summary>
    public int MaxProducerIds { get; init; } = int.MaxValue;

    /// <summary>How long a partition remembers a producer that writes nothing, in milliseconds; may change.</summary>
    /// <value>1 day, as in Kafka</value>
    public Func<long> ProducerIdExpirationMs { get; init; } = static () => 24L * 60 * 60 * 1000;

    /// <summary>The memory of indexes of closed segments, in bytes, of all topics together.</summary>
    /// <value>16 MiB</value>
    public long IndexCacheBytes { get; init; } = IndexCache.DefaultBytes;

    public FileSystem Files { get; init; } = FileSystem.Disk;

    /// <summary>Told about truncations, damage and what the disk refuses.</summary>
    public ILogger Log { get; init; } = NullLogger.Instance;

    /// <summary>Told how long it took to force a file to the disk, on the thread that did.</summary>
    public Action<TimeSpan>? OnFlushed { get; init; }

    /// <summary>Verifies every checksum at open.</summary>
    public bool VerifyAll { get; init; }
}
