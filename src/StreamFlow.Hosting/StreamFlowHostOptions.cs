using StreamFlow.Kafka;

namespace StreamFlow.Hosting;

/// <summary>
/// Settings of one hosted application: how to reach Kafka and how the engine works. Bound from the configuration
/// section <c>StreamFlow:{name}</c> and checked as a whole when the host starts.
/// </summary>
public sealed class StreamFlowHostOptions
{
    /// <summary>Brokers to ask first, <c>host:port[,host:port...]</c>.</summary>
    /// <value>Required, unless the application has clients of its own (a keyed service, as tests do).</value>
    public string BootstrapServers { get; set; } = string.Empty;

    /// <summary>
    /// The engine's settings. Durations are written <c>"00:00:05"</c> in configuration; a bare <c>"5"</c> is refused. What is
    /// a delegate, such as an error handler, is set in code.
    /// </summary>
    /// <value>The engine's defaults; <see cref="StreamFlowOptions.ApplicationId"/> is the registered name.</value>
    public StreamFlowOptions Streams { get; set; } = new();

    /// <summary>Client settings by librdkafka's names for all clients, such as <c>security.protocol</c>.</summary>
    public Dictionary<string, string> Client { get; set; } = [];

    /// <summary>Client settings by librdkafka's names for consumers.</summary>
    public Dictionary<string, string> Consumer { get; set; } = [];

    /// <summary>Client settings by librdkafka's names for producers.</summary>
    public Dictionary<string, string> Producer { get; set; } = [];

    /// <summary>Where persistent stores are kept.</summary>
    /// <value><see cref="StoreBackend.RocksDb"/>.</value>
    public StoreBackend StoreBackend { get; set; } = StoreBackend.RocksDb;

    /// <summary>What of the configuration cannot be read, for the validator to report with everything else.</summary>
    internal IReadOnlyList<string> Unreadable { get; set; } = [];

    /// <summary>Settings that are at their defaults only because what was given for them cannot be read.</summary>
    internal IReadOnlyList<string> LeftOut { get; set; } = [];

    internal KafkaClientOptions ClientOptions() => new()
    {
        BootstrapServers = BootstrapServers,
        Client = Client,
        Consumer = Consumer,
        Producer = Producer,
    };
}

/// <summary>Where the data of persistent stores is kept.</summary>
public enum StoreBackend
{
    /// <summary>In RocksDB, below the state directory.</summary>
    RocksDb,

    /// <summary>In memory: restored from the changelogs at each start.</summary>
    InMemory,
}
