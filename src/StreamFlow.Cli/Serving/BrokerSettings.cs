using StreamFlow.Broker;

namespace StreamFlow.Cli.Serving;

/// <summary>Every setting of the broker, once: the command line, the file and the environment are made of this table.</summary>
internal static class BrokerSettings
{
    public const int DefaultPort = 9092;

    public static IReadOnlyList<BrokerSetting> All { get; } =
    [
        new("data", "directory", "Keep topics and groups here (default: a temporary directory, deleted at the end)",
            nameof(EmbeddedBrokerOptions.DataDirectory), static (o, v) => o with { DataDirectory = v.Text }, "log.dirs"),
        new("host", "address", "Listen on this address (default: 127.0.0.1; 0.0.0.0 with --advertised-host for all)",
            nameof(EmbeddedBrokerOptions.Host), static (o, v) => o with { Host = v.Text }),
        new("port", "number", "Listen on this TCP port; 0 takes a free one (default: 9092)",
            nameof(EmbeddedBrokerOptions.Port), static (o, v) => o with { Port = v.Number(0, ushort.MaxValue) }),
        new("advertised-host", "name", "Tell clients to connect to this host name (default: where it listens)",
            nameof(EmbeddedBrokerOptions.AdvertisedHost), static (o, v) => o with { AdvertisedHost = v.Text }),
        new("advertised-port", "number", "Tell clients to connect to this port (default: the one it listens on)",
            nameof(EmbeddedBrokerOptions.AdvertisedPort), static (o, v) => o with { AdvertisedPort = v.Number(1, ushort.MaxValue) }),
        new("allow-unsecured-network", "true|false", "Listen on other addresses than 127.0.0.1 though anybody may then do everything (default: false)",
            nameof(EmbeddedBrokerOptions.AllowUnsecuredNetwork), static (o, v) => o with { AllowUnsecuredNetwork = v.Truth() }),
        .. SecuritySettings.All,
        new("topic", "name[:partitions]", "Create this topic at the start; may be repeated",
            nameof(EmbeddedBrokerOptions.Topics), static (o, v) => o with { Topics = [.. o.Topics, v.Topic()] }, IsList: true),
        new("auto-create-topics", "true|false", "Create a topic because a client asks for it (default: true)",
            nameof(EmbeddedBrokerOptions.AutoCreateTopics), static (o, v) => o with { AutoCreateTopics = v.Truth() }, "auto.create.topics.enable"),
        new("partitions", "number", "Partitions of topics that are created without a number (default: 1)",
            nameof(EmbeddedBrokerOptions.DefaultPartitions), static (o, v) => o with { DefaultPartitions = v.Number(1, 10_000) }, "num.partitions"),
        new("accept-any-replication-factor", "true|false", "Accept scripts that ask for three replicas; there is one all the same (default: false)",
            nameof(EmbeddedBrokerOptions.AcceptAnyReplicationFactor), static (o, v) => o with { AcceptAnyReplicationFactor = v.Truth() }),
        new("flush", "os|interval|fsync", "Acknowledge once the operating system has the data (os, the default), the same with an fsync every "
            + "--flush-interval, or after an fsync",
            nameof(EmbeddedBrokerOptions.FlushPolicy), static (o, v) => o with { FlushPolicy = v.Flush() }),
        new("flush-interval", "time", "How often --flush interval has the disk take the data (default: 100ms)",
            nameof(EmbeddedBrokerOptions.FlushInterval), static (o, v) => o with { FlushInterval = v.Time() }, "log.flush.interval.ms"),
        new("group-initial-rebalance-delay", "time", "How long an empty group waits for more members (default: 0; Apache Kafka: 3s)",
            nameof(EmbeddedBrokerOptions.GroupInitialRebalanceDelay), static (o, v) => o with { GroupInitialRebalanceDelay = v.Time() },
            "group.initial.rebalance.delay.ms"),
        new("group-min-session-timeout", "time", "The shortest session timeout that a member may ask for (default: 6s)",
            nameof(EmbeddedBrokerOptions.GroupMinSessionTimeout), static (o, v) => o with { GroupMinSessionTimeout = v.Time() },
            "group.min.session.timeout.ms"),
        new("group-max-session-timeout", "time", "The longest session timeout that a member may ask for (default: 30m)",
            nameof(EmbeddedBrokerOptions.GroupMaxSessionTimeout), static (o, v) => o with { GroupMaxSessionTimeout = v.Time() },
            "group.max.session.timeout.ms"),
        new("transaction-max-timeout", "time", "The longest transaction timeout that a producer may ask for (default: 15m)",
            nameof(EmbeddedBrokerOptions.TransactionMaxTimeout), static (o, v) => o with { TransactionMaxTimeout = v.Time() },
            "transaction.max.timeout.ms"),
        new("retention-check-interval", "time", "How often to look for records that retention deletes (default: 5m)",
            nameof(EmbeddedBrokerOptions.RetentionCheckInterval), static (o, v) => o with { RetentionCheckInterval = v.Time() },
            "log.retention.check.interval.ms"),
        new("keep-historical-records", "true|false", "Count the age of records from when they came, not from their timestamps (default: false)",
            nameof(EmbeddedBrokerOptions.KeepHistoricalRecords), static (o, v) => o with { KeepHistoricalRecords = v.Truth() }),
        new("max-connections", "number", "Connections that may be open at once (default: 1000)",
            nameof(EmbeddedBrokerOptions.MaxConnections), static (o, v) => o with { MaxConnections = v.Number(1, int.MaxValue) }, "max.connections"),
        new("max-connections-per-address", "number", "Connections that one address may have open at once (default: no limit)",
            nameof(EmbeddedBrokerOptions.MaxConnectionsPerAddress), static (o, v) => o with { MaxConnectionsPerAddress = v.Number(1, int.MaxValue) },
            "max.connections.per.ip"),
        new("max-partitions", "number", "Partitions that all topics may have together (default: 100000)",
            nameof(EmbeddedBrokerOptions.MaxPartitions), static (o, v) => o with { MaxPartitions = v.Number(1, int.MaxValue) }),
        new("max-groups", "number", "Consumer groups there may be at once (default: 20000)",
            nameof(EmbeddedBrokerOptions.MaxGroups), static (o, v) => o with { MaxGroups = v.Number(1, int.MaxValue) }),
        new("group-max-size", "number", "Members that a group may have (default: no limit)",
            nameof(EmbeddedBrokerOptions.GroupMaxSize), static (o, v) => o with { GroupMaxSize = v.Number(1, int.MaxValue) }, "group.max.size"),
        new("offset-metadata-max-bytes", "number", "The size of the note that may be committed with an offset (default: 4096)",
            nameof(EmbeddedBrokerOptions.OffsetMetadataMaxBytes), static (o, v) => o with { OffsetMetadataMaxBytes = v.Number(0, int.MaxValue) },
            "offset.metadata.max.bytes"),
        new("producer-id-expiration", "time", "Forget an idempotent producer that writes nothing after so long (default: 1d)",
            nameof(EmbeddedBrokerOptions.ProducerIdExpiration), static (o, v) => o with { ProducerIdExpiration = v.Time() },
            "producer.id.expiration.ms"),
        new("max-producer-ids", "number", "Producers that all partitions may remember together (default: 200000)",
            nameof(EmbeddedBrokerOptions.MaxProducerIds), static (o, v) => o with { MaxProducerIds = v.Number(1, int.MaxValue) }),
        new("transactional-id-expiration", "time", "Forget a transactional id that nobody uses after so long (default: 7d)",
            nameof(EmbeddedBrokerOptions.TransactionalIdExpiration), static (o, v) => o with { TransactionalIdExpiration = v.Time() },
            "transactional.id.expiration.ms"),
        new("max-transactional-ids", "number", "Transactional ids there may be at once (default: 50000)",
            nameof(EmbeddedBrokerOptions.MaxTransactionalIds), static (o, v) => o with { MaxTransactionalIds = v.Number(1, int.MaxValue) }),
        new("max-request-bytes", "number", "The size of the largest request (default: 104857600)",
            nameof(EmbeddedBrokerOptions.MaxRequestBytes), static (o, v) => o with { MaxRequestBytes = v.Number(1024, int.MaxValue) },
            "socket.request.max.bytes"),
        new("max-bytes-in-flight", "number", "The bytes that all requests and answers may hold at once (default: 268435456)",
            nameof(EmbeddedBrokerOptions.MaxBytesInFlight), static (o, v) => o with { MaxBytesInFlight = v.Bytes(1 << 20) },
            "queued.max.request.bytes"),
        new("connection-idle-timeout", "time", "Close a connection after so long without a request (default: 10m)",
            nameof(EmbeddedBrokerOptions.ConnectionIdleTimeout), static (o, v) => o with { ConnectionIdleTimeout = v.Time() },
            "connections.max.idle.ms"),
    ];

    /// <summary>The setting of a name, or of Apache Kafka's name for it; null when there is none.</summary>
    public static BrokerSetting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name || setting.KafkaName == name);

    /// <summary>The variable of the environment that has a setting.</summary>
    public static string Variable(string name) => $"STREAMFLOW_BROKER_{name.Replace('-', '_').ToUpperInvariant()}";
}
