namespace StreamFlow.Hosting;

/// <summary>
/// Settings of one hosted application: how to reach Kafka and how the engine works. Bound from the configuration section
/// <c>StreamFlow:{name}</c> and checked as a whole when the host starts.
/// </summary>
public sealed class StreamFlowHostOptions
{
    /// <summary>Brokers to begin with, <c>host:port[,host:port...]</c>. Required.</summary>
    public string BootstrapServers { get; set; } = string.Empty;

    /// <summary>The engine's settings. Its <see cref="StreamFlowOptions.ApplicationId"/> is the registered name unless set.</summary>
    public StreamFlowOptions Streams { get; set; } = new();

    /// <summary>Client settings by librdkafka's names for all clients, such as <c>security.protocol</c>.</summary>
    public Dictionary<string, string> Client { get; set; } = [];

    /// <summary>Client settings by librdkafka's names for consumers.</summary>
    public Dictionary<string, string> Consumer { get; set; } = [];

    /// <summary>Client settings by librdkafka's names for producers.</summary>
    public Dictionary<string, string> Producer { get; set; } = [];

    /// <summary>Where persistent stores are kept.</summary>
    /// <value><see cref="StoreBackend.RocksDb"/>.</value>
    public StoreBackend Stores { get; set; } = StoreBackend.RocksDb;
}

/// <summary>Where the data of persistent stores is kept.</summary>
public enum StoreBackend
{
    /// <summary>In RocksDB, below the state directory.</summary>
    RocksDb,

    /// <summary>In memory: restored from the changelogs at each start.</summary>
    InMemory,
}
