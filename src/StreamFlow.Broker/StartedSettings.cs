using System.Globalization;
using StreamFlow.Broker.Server;

namespace StreamFlow.Broker;

/// <summary>What a broker was started with, by Kafka's names for it.</summary>
internal static class StartedSettings
{
    /// <summary>The settings that do not depend on where the broker listens.</summary>
    public static Dictionary<string, string> Of(EmbeddedBrokerOptions options, int nodeId, string dataDirectory)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal)
        {
            ["auto.create.topics.enable"] = options.AutoCreateTopics ? "true" : "false",
            ["broker.id"] = Text(nodeId),
            ["connections.max.idle.ms"] = Text(options.ConnectionIdleTimeout),
            ["group.consumer.max.size"] = Text(options.GroupMaxSize),
            ["group.initial.rebalance.delay.ms"] = Text(options.GroupInitialRebalanceDelay),
            ["group.max.session.timeout.ms"] = Text(options.GroupMaxSessionTimeout),
            ["group.max.size"] = Text(options.GroupMaxSize),
            ["group.min.session.timeout.ms"] = Text(options.GroupMinSessionTimeout),
            ["log.dirs"] = dataDirectory,
            ["log.retention.check.interval.ms"] = Text(options.RetentionCheckInterval),
            ["max.connections"] = Text(options.MaxConnections),
            ["max.connections.per.ip"] = Text(options.MaxConnectionsPerAddress),
            ["node.id"] = Text(nodeId),
            ["num.partitions"] = Text(options.DefaultPartitions),
            ["offset.metadata.max.bytes"] = Text(options.OffsetMetadataMaxBytes),
            ["process.roles"] = "broker,controller",
            ["producer.id.expiration.ms"] = Text(options.ProducerIdExpiration),
            ["queued.max.request.bytes"] = Text(options.MaxBytesInFlight),
            ["socket.request.max.bytes"] = Text(options.MaxRequestBytes),
            ["transactional.id.expiration.ms"] = Text(options.TransactionalIdExpiration),
            ["transaction.max.timeout.ms"] = Text(options.TransactionMaxTimeout),
        };
        switch (options.FlushPolicy)
        {
            case BrokerFlushPolicy.EveryAppend:
                settings["log.flush.interval.messages"] = "1";
                break;
            case BrokerFlushPolicy.Interval:
                settings["log.flush.interval.ms"] = Text(TimeSpan.FromMilliseconds(Math.Max(1, options.FlushInterval.TotalMilliseconds)));
                break;
            default:
                break;
        }

        return settings;
    }

    /// <summary>Adds where the broker listens, and where clients are told to connect to.</summary>
    public static void AddListeners(Dictionary<string, string> settings, IReadOnlyList<Listener> listeners)
    {
        // With the address: one without stands for every interface.
        settings["listeners"] = string.Join(",", listeners.Select(static x => $"{x.Name}://{x.Address}"));
        settings["advertised.listeners"] = string.Join(
            ",", listeners.Select(static x => $"{x.Name}://{x.Advertised.Host}:{Text(x.Advertised.Port)}"));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(TimeSpan value) => Text((long)value.TotalMilliseconds);
}
