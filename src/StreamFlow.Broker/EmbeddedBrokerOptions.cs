using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using static StreamFlow.Broker.Setting;

namespace StreamFlow.Broker;

/// <summary>Settings of an <see cref="EmbeddedBroker"/>. The defaults give a private broker for tests and development.</summary>
public sealed record EmbeddedBrokerOptions
{
    /// <summary>The address to listen on: an IP address or <c>localhost</c>.</summary>
    /// <value>Default <c>127.0.0.1</c>: reachable from this machine only.</value>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The TCP port to listen on; 0 takes a free one.</summary>
    /// <value>Default 0.</value>
    public int Port { get; init; }

    /// <summary>
    /// The host name clients are told to connect to. Required when <see cref="Host"/> is a wildcard address such as
    /// <c>0.0.0.0</c>, because only the caller knows under which name the machine is reached.
    /// </summary>
    /// <value>Default null: the address the broker listens on.</value>
    public string? AdvertisedHost { get; init; }

    /// <summary>The port clients are told to connect to, where a container or proxy maps it.</summary>
    /// <value>Default null: the port the broker listens on.</value>
    public int? AdvertisedPort { get; init; }

    /// <summary>
    /// Addresses to listen on with protocols of their own; given, they replace <see cref="Host"/>, <see cref="Port"/>,
    /// <see cref="AdvertisedHost"/> and <see cref="AdvertisedPort"/>.
    /// </summary>
    /// <value>Default none: one that speaks <see cref="BrokerSecurityProtocol.Plaintext"/>.</value>
    public IReadOnlyList<BrokerListener> Listeners { get; init; } = [];

    /// <summary>
    /// Listens on other addresses than loopback also where anybody may connect, or passwords can be read on the way.
    /// </summary>
    /// <value>Default false: the start is refused.</value>
    public bool AllowUnsecuredNetwork { get; init; }

    /// <summary>Users that exist once the broker has started; those that are there keep their passwords.</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<BrokerUser> Users { get; init; } = [];

    /// <summary>Who may do what.</summary>
    /// <value>Default null: whoever may connect may do everything.</value>
    public BrokerAuthorization? Authorization { get; init; }

    /// <summary>
    /// Where topics and groups are kept. A given directory is created when missing, survives restarts and is locked
    /// against a second broker.
    /// </summary>
    /// <value>Default null: a temporary directory that is deleted when the broker is disposed.</value>
    public string? DataDirectory { get; init; }

    /// <summary>When a produce request is acknowledged.</summary>
    /// <value>Default <see cref="BrokerFlushPolicy.OperatingSystem"/>.</value>
    public BrokerFlushPolicy FlushPolicy { get; init; } = BrokerFlushPolicy.OperatingSystem;

    /// <summary>How often <see cref="BrokerFlushPolicy.Interval"/> forces data to the disk.</summary>
    /// <value>Default 100 ms.</value>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether asking for the metadata of an unknown topic creates it, when the client allows that.</summary>
    /// <value>Default true.</value>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>The partitions of a topic that is created without saying how many.</summary>
    /// <value>Default 1.</value>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>
    /// Accepts any replication factor when a topic is created, though there is only one replica. For scripts written for
    /// a cluster; otherwise a factor above 1 is refused with INVALID_REPLICATION_FACTOR.
    /// </summary>
    /// <value>Default false.</value>
    public bool AcceptAnyReplicationFactor { get; init; }

    /// <summary>Topics that exist once the broker has started; existing ones are left as they are.</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<BrokerTopic> Topics { get; init; } = [];

    /// <summary>How long an empty group waits for more members before its first assignment.</summary>
    /// <value>Default zero.</value>
    public TimeSpan GroupInitialRebalanceDelay { get; init; }

    /// <summary>The shortest session timeout a group member may ask for.</summary>
    /// <value>Default 6 s, as in Kafka.</value>
    public TimeSpan GroupMinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>The longest session timeout a group member may ask for.</summary>
    /// <value>Default 30 minutes, as in Kafka.</value>
    public TimeSpan GroupMaxSessionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The longest transaction timeout a producer may ask for.</summary>
    /// <value>Default 15 minutes, as in Kafka.</value>
    public TimeSpan TransactionMaxTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// The connections that may be open at once; more are refused. Fewer are let in where the process may not open as many files
    /// (<c>ulimit -n</c>), which a warning says.
    /// </summary>
    /// <value>Default 1,000.</value>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>The connections that one address may have open at once; more are refused (<c>max.connections.per.ip</c>).</summary>
    /// <value>Default without a limit, as in Kafka.</value>
    public int MaxConnectionsPerAddress { get; init; } = int.MaxValue;

    /// <summary>
    /// The partitions that all topics may have together. A topic or partition beyond it is refused with POLICY_VIOLATION.
    /// </summary>
    /// <value>Default 100,000.</value>
    public int MaxPartitions { get; init; } = 100_000;

    /// <summary>
    /// The groups there may be at once, those of committed offsets alone included. Who would found another one is refused with
    /// GROUP_MAX_SIZE_REACHED. What all groups hold in memory is bounded besides, to 64 MiB.
    /// </summary>
    /// <value>Default 20,000.</value>
    public int MaxGroups { get; init; } = 20_000;

    /// <summary>The members a group may have (<c>group.max.size</c>, <c>group.consumer.max.size</c>).</summary>
    /// <value>Default without a limit, as in Kafka.</value>
    public int GroupMaxSize { get; init; } = int.MaxValue;

    /// <summary>The size in bytes of the note that may be committed with an offset (<c>offset.metadata.max.bytes</c>).</summary>
    /// <value>Default 4,096, as in Kafka.</value>
    public int OffsetMetadataMaxBytes { get; init; } = 4096;

    /// <summary>How long a partition remembers an idempotent producer that writes nothing (<c>producer.id.expiration.ms</c>).</summary>
    /// <value>Default 1 day, as in Kafka.</value>
    public TimeSpan ProducerIdExpiration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// The producers that all partitions may remember together, each counted in every partition it writes to. Beyond it a
    /// partition forgets those that have been idle for longest sooner.
    /// </summary>
    /// <value>Default 200,000.</value>
    public int MaxProducerIds { get; init; } = 200_000;

    /// <summary>How long a transactional id that nobody uses is kept (<c>transactional.id.expiration.ms</c>).</summary>
    /// <value>Default 7 days, as in Kafka.</value>
    public TimeSpan TransactionalIdExpiration { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The transactional ids there may be at once; who asks for another one is refused with POLICY_VIOLATION.</summary>
    /// <value>Default 50,000.</value>
    public int MaxTransactionalIds { get; init; } = 50_000;

    /// <summary>The size in bytes of the largest request; a larger one closes its connection.</summary>
    /// <value>Default 100 MiB, as in Kafka.</value>
    public int MaxRequestBytes { get; init; } = 100 * 1024 * 1024;

    /// <summary>
    /// The bytes that requests and answers of all clients may hold at once. When they are used up, connections are not read
    /// from until some are free, and one whose client keeps others waiting for long is closed. Each connection has 16 KiB
    /// besides. A single message that is larger is taken when there is no other.
    /// </summary>
    /// <value>Default 256 MiB (Kafka: <c>queued.max.request.bytes</c>, without a limit, for requests alone).</value>
    public long MaxBytesInFlight { get; init; } = 256L << 20;

    /// <summary>A connection without requests for this long is closed; clients reconnect by themselves.</summary>
    /// <value>Default 10 minutes, as in Kafka.</value>
    public TimeSpan ConnectionIdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the broker looks for records that retention deletes (<c>log.retention.check.interval.ms</c>).</summary>
    /// <value>Default 5 minutes, as in Kafka.</value>
    public TimeSpan RetentionCheckInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Counts the age by which retention deletes records (<c>retention.ms</c>) from when the broker got them. Kafka counts from
    /// the timestamps of records: historical data is deleted within minutes of being written. For development.
    /// </summary>
    /// <value>Default false, as in Kafka.</value>
    public bool KeepHistoricalRecords { get; init; }

    /// <summary>The clock of timestamps, timeouts and retention.</summary>
    /// <value>Default <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// Where the broker's messages go, in the category <c>StreamFlow.Broker</c>: refused connections, recoveries, what the disk
    /// refuses, internal errors. A log that throws disturbs nothing. The options do not dispose of it.
    /// </summary>
    /// <value>Default null: says nothing.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>How often retention and compaction run.</summary>
    internal TimeSpan MaintenanceInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How soon groups of the consumer protocol notice that a member is gone, and how often members say that they are not.</summary>
    internal (TimeSpan Session, TimeSpan Heartbeat) ConsumerGroupTimes { get; init; } = (TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(5));

    /// <summary>Called between durable steps.</summary>
    internal FaultPoints Faults { get; init; } = FaultPoints.None;

    /// <summary>What the data directory is written with.</summary>
    internal FileSystem Files { get; init; } = FileSystem.Disk;

    /// <summary>
    /// Puts something between the connections and the handlers of requests; it is given them, and a look-up of topics by their ids. For faults
    /// that tests script. Null costs nothing.
    /// </summary>
    internal Func<RequestDispatch, Func<Guid, string?>, RequestDispatch>? Intercept { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it and the remedy.</exception>
    internal void Validate()
    {
        Require(Host.Length > 0, nameof(Host), Host, "an IP address or localhost");
        Require(Port is >= 0 and <= ushort.MaxValue, nameof(Port), Port, "between 0 and 65535");
        Require(AdvertisedHost is not "", nameof(AdvertisedHost), "empty", "null or a host name");
        Require(AdvertisedPort is null or (> 0 and <= ushort.MaxValue), nameof(AdvertisedPort), AdvertisedPort,
            "null or between 1 and 65535");
        Require(DataDirectory is not "", nameof(DataDirectory), "empty", "null or a path");
        Require(FlushInterval > TimeSpan.Zero, nameof(FlushInterval), FlushInterval, "more than zero");
        Require(DefaultPartitions is >= 1 and <= TopicStore.MaxPartitionsPerTopic, nameof(DefaultPartitions),
            DefaultPartitions, $"between 1 and {TopicStore.MaxPartitionsPerTopic}");
        Require(TransactionMaxTimeout > TimeSpan.Zero && TransactionMaxTimeout.TotalMilliseconds <= int.MaxValue,
            nameof(TransactionMaxTimeout), TransactionMaxTimeout, "more than zero and below 24 days");
        Require(MaxConnections >= 1, nameof(MaxConnections), MaxConnections, "at least 1");
        ValidateCaps();
        Require(MaxRequestBytes >= 1024, nameof(MaxRequestBytes), MaxRequestBytes, "at least 1024");
        Require(MaxBytesInFlight >= 1 << 20, nameof(MaxBytesInFlight), MaxBytesInFlight, "at least 1048576 (1 MiB)");
        Require(ConnectionIdleTimeout > TimeSpan.Zero, nameof(ConnectionIdleTimeout), ConnectionIdleTimeout,
            "more than zero");
        Require(RetentionCheckInterval > TimeSpan.Zero, nameof(RetentionCheckInterval), RetentionCheckInterval, "more than zero");
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(Topics);
        TopicChecks.Check(Topics);
        ListenerChecks.Check(this);
    }

    private void ValidateCaps()
    {
        Require(MaxConnectionsPerAddress >= 1, nameof(MaxConnectionsPerAddress), MaxConnectionsPerAddress, "at least 1");
        Require(MaxPartitions >= 1, nameof(MaxPartitions), MaxPartitions, "at least 1");
        Require(MaxGroups >= 1, nameof(MaxGroups), MaxGroups, "at least 1");
        Require(GroupMaxSize >= 1, nameof(GroupMaxSize), GroupMaxSize, "at least 1");
        Require(OffsetMetadataMaxBytes >= 0, nameof(OffsetMetadataMaxBytes), OffsetMetadataMaxBytes, "zero or more");
        Require(IsTime(ProducerIdExpiration), nameof(ProducerIdExpiration), ProducerIdExpiration, "from 1 ms to 24 days");
        Require(MaxProducerIds >= 1, nameof(MaxProducerIds), MaxProducerIds, "at least 1");
        Require(IsTime(TransactionalIdExpiration), nameof(TransactionalIdExpiration), TransactionalIdExpiration, "from 1 ms to 24 days");
        Require(MaxTransactionalIds >= 1, nameof(MaxTransactionalIds), MaxTransactionalIds, "at least 1");
    }

    private static bool IsTime(TimeSpan value) => value.TotalMilliseconds is >= 1 and <= int.MaxValue;
}
