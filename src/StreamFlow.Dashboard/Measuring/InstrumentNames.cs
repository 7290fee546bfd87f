namespace StreamFlow.Dashboard;

/// <summary>The instruments that the page reads, by their names in <c>docs/reference/metrics.md</c>.</summary>
internal static class InstrumentNames
{
    public const string Meter = "StreamFlow";
    public const string Consumed = "streamflow.source.consumed";
    public const string Produced = "streamflow.sink.produced";
    public const string Lag = "streamflow.consumer.lag";
    public const string Dropped = "streamflow.task.dropped";
    public const string Processed = "streamflow.task.processed";
    public const string Restored = "streamflow.task.restored";
    public const string SourceLatency = "streamflow.source.latency";
    public const string SinkLatency = "streamflow.sink.latency";
    public const string RestoreRemaining = "streamflow.task.restore.remaining";
    public const string ThreadTime = "streamflow.thread.time";
    public const string CommitAge = "streamflow.thread.commit.age";
    public const string Lookups = "streamflow.store.lookups";
    public const string CacheSizes = "streamflow.store.cache.usage";
    public const string FileSizes = "streamflow.rocksdb.files.size";
    public const string MemtableSizes = "streamflow.rocksdb.memtables.size";
    public const string ApplicationUptime = "streamflow.application.uptime";

    /// <summary>Read each second, for the history: a few plain fields per partition and sink.</summary>
    public static readonly HashSet<string> Always = [Consumed, Produced, Lag];

    /// <summary>Told by whoever counts, at once.</summary>
    public static readonly HashSet<string> Told = [Dropped, Processed, Restored, SourceLatency, SinkLatency];

    /// <summary>Read only while somebody looks: stores on disk are asked for some of them.</summary>
    public static readonly HashSet<string> WhileLookedAt =
    [
        RestoreRemaining, ThreadTime, CommitAge, Lookups, CacheSizes, FileSizes, MemtableSizes, ApplicationUptime,
    ];
}
