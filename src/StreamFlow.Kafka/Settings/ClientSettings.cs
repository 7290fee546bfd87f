using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Settings;

/// <summary>Puts each client's settings together: defaults, then the application's, then what is fixed.</summary>
internal static class ClientSettings
{
    /// <summary>librdkafka's own; a topic's limit is 48 KB above it, unless changed.</summary>
    private const int LibraryBatchSize = 1_000_000;
    /// <summary>Name of the client that asks whether a broker is there.</summary>
    internal const string ProbeId = "streamflow-probe";

    private const int SmallestBatchSize = 16_384;

    internal static List<KeyValuePair<string, string>> ForConsumer(KafkaClientOptions options, ConsumerRole role)
    {
        var settings = Merge(
            options, options.Consumer, [SocketTimeout, .. role.GroupId is null ? BulkConsumerDefaults : ConsumerDefaults]);
        settings.AddRange(
        [
            new("client.id", role.MarkedClientId),

            // librdkafka wants a group even of a consumer that only assigns; it never joins it.
            new("group.id", role.GroupId ?? role.ClientId),
            new("isolation.level", role.ReadCommitted ? "read_committed" : "read_uncommitted"),
            new("auto.offset.reset", role.OffsetReset),
            new("enable.auto.commit", "false"),
            new("enable.auto.offset.store", "false"),
            new("enable.partition.eof", "true"),
            new("allow.auto.create.topics", "false"),
            new("partition.assignment.strategy", "cooperative-sticky"),
        ]);
        if (role.GroupInstanceId is not null)
        {
            settings.Add(new("group.instance.id", role.GroupInstanceId));
        }

        return settings;
    }

    internal static List<KeyValuePair<string, string>> ForProducer(KafkaClientOptions options, ProducerRole role)
    {
        var settings = Merge(
            options,
            options.Producer,
            [.. ProducerDefaults, .. BatchSize(role.MaxBatchBytes), .. role.TransactionalId is null ? [SocketTimeout] : NoDefaults]);
        settings.AddRange(
        [
            new("client.id", role.ClientId),
            new("enable.idempotence", "true"),
            new("acks", "all"),
            new("allow.auto.create.topics", "false"),
        ]);
        if (role.TransactionalId is null)
        {
            return settings;
        }

        settings.Add(new("transactional.id", role.TransactionalId));
        settings.Add(new(
            "transaction.timeout.ms",
            ((long)role.TransactionTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)));

        // A record must not outlive its transaction; librdkafka refuses a longer time than the transaction's.
        settings.RemoveAll(s => s.Key is "delivery.timeout.ms" or "message.timeout.ms");
        return settings;
    }

    internal static List<KeyValuePair<string, string>> ForAdmin(KafkaClientOptions options, string clientId)
    {
        var settings = Merge(options, [], [SocketTimeout]);
        settings.Add(new("client.id", clientId));
        settings.Add(new("allow.auto.create.topics", "false"));
        return settings;
    }

    /// <summary>The client that asks whether a broker is there: once per second, whatever reconnecting is set to.</summary>
    internal static List<KeyValuePair<string, string>> ForProbe(KafkaClientOptions options) =>
    [
        .. ForAdmin(options, ProbeId), new("reconnect.backoff.ms", "100"), new("reconnect.backoff.max.ms", "1000"),
    ];

    private static KeyValuePair<string, string>[] NoDefaults { get; } = [];

    /// <summary>
    /// How long an answer is waited for before a connection is given up. One that a firewall has forgotten is not closed: nothing comes,
    /// and so long nothing is read. As Java's clients, librdkafka's own is a minute; in a transaction it chooses less by itself.
    /// </summary>
    private static KeyValuePair<string, string> SocketTimeout { get; } = new("socket.timeout.ms", "30000");

    private static KeyValuePair<string, string>[] CommonDefaults { get; } =
    [
        // Pauses between attempts to connect double up to this, librdkafka's own to ten seconds: so long a broker that is back
        // went unnoticed. As with Java's clients.
        new("reconnect.backoff.max.ms", "1000"),
    ];

    private static KeyValuePair<string, string>[] ConsumerDefaults { get; } =
    [
        // How long a partition whose queue was full waits until it is fetched again; librdkafka's own default of a
        // second starves a fast reader.
        new("fetch.queue.backoff.ms", "5"),

        // Prefetch per partition: some milliseconds of work. What is prefetched costs about 300 bytes per record more than
        // its own size, and more of it than the processor's caches hold makes every record dearer. The second bound
        // matters for large records.
        new("queued.min.messages", "5000"),
        new("queued.max.messages.kbytes", "2048"),

        // There is one fetch per broker at a time. While the queues of busy partitions are full, it asks for the idle ones only,
        // and the broker holds it back for the wait: so long the busy ones get nothing more, however soon they are read empty.
        new("fetch.wait.max.ms", "50"),
        new("socket.nagle.disable", "true"),

        // How soon a member learns of partitions that were added, and asks for a rebalance; they are not read before.
        new("topic.metadata.refresh.interval.ms", "10000"),

        // How long the partitions of a member that was killed wait for another one: five heartbeats.
        new("session.timeout.ms", "15000"),
    ];

    /// <summary>
    /// A consumer without a group reads whole changelogs as fast as they come: some more prefetch, so that no write to the
    /// disk stops the fetches. Answers of a few hundred kilobytes per partition are large enough; larger ones cost page faults.
    /// The broker holds back an answer without records for the wait; until it comes, the end of a changelog is not known, no
    /// partition read that was added meanwhile, and no question about offsets answered, of which each store has one.
    /// </summary>
    private static KeyValuePair<string, string>[] BulkConsumerDefaults { get; } =
    [
        .. ConsumerDefaults,
        new("queued.min.messages", "20000"),
        new("queued.max.messages.kbytes", "4096"),
        new("fetch.message.max.bytes", "524288"),
        new("fetch.wait.max.ms", "10"),
    ];

    private static KeyValuePair<string, string>[] ProducerDefaults { get; } =
    [
        // A commit does not wait for it: draining sends at once.
        new("linger.ms", "5"),

        // What waits for its acknowledgement, about 300 bytes per record more than its own size; a full queue holds the
        // stream thread back. Raise it together with linger.ms, or the wait is spent with a full queue.
        new("queue.buffering.max.messages", "20000"),
        new("queue.buffering.max.kbytes", "32768"),
        new("delivery.timeout.ms", "120000"),

        // So long after it was first written to a topic is held to exist although brokers say that it does not. librdkafka's own half
        // a minute is how long records waited that nobody would ever acknowledge, and a stop with them, after a topic was deleted.
        new("topic.metadata.propagation.max.ms", "2000"),
        new("socket.nagle.disable", "true"),
    ];

    /// <summary>
    /// Batches as small as the pickiest topic wants them, within reason: one that takes next to nothing must not make those for all
    /// others tiny. Some room is left for what a batch has besides records.
    /// </summary>
    private static IEnumerable<KeyValuePair<string, string>> BatchSize(int? max) =>
        max is { } bytes && bytes < LibraryBatchSize
            ? [new("batch.size", Math.Max(SmallestBatchSize, bytes - (bytes / 16)).ToString(CultureInfo.InvariantCulture))]
            : [];

    private static List<KeyValuePair<string, string>> Merge(
        KafkaClientOptions options,
        IEnumerable<KeyValuePair<string, string>> own,
        IEnumerable<KeyValuePair<string, string>> defaults) =>
        [new("bootstrap.servers", options.BootstrapServers), .. CommonDefaults, .. defaults, .. options.Client, .. own];
}
