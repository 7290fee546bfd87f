using System.Collections.Frozen;

namespace StreamFlow.Broker.Configs;

/// <summary>By which of its settings a broker gives topic settings their defaults (kafka.apache.org, "server default property").</summary>
internal static class TopicDefaultNames
{
    private static readonly FrozenDictionary<string, string> Brokers = new Dictionary<string, string>
    {
        ["cleanup.policy"] = "log.cleanup.policy",
        ["compression.gzip.level"] = "compression.gzip.level",
        ["compression.lz4.level"] = "compression.lz4.level",
        ["compression.type"] = "compression.type",
        ["compression.zstd.level"] = "compression.zstd.level",
        ["delete.retention.ms"] = "log.cleaner.delete.retention.ms",
        ["file.delete.delay.ms"] = "log.segment.delete.delay.ms",
        ["flush.messages"] = "log.flush.interval.messages",
        ["flush.ms"] = "log.flush.interval.ms",
        ["index.interval.bytes"] = "log.index.interval.bytes",
        ["local.retention.bytes"] = "log.local.retention.bytes",
        ["local.retention.ms"] = "log.local.retention.ms",
        ["max.compaction.lag.ms"] = "log.cleaner.max.compaction.lag.ms",
        ["max.message.bytes"] = "message.max.bytes",
        ["message.timestamp.after.max.ms"] = "log.message.timestamp.after.max.ms",
        ["message.timestamp.before.max.ms"] = "log.message.timestamp.before.max.ms",
        ["message.timestamp.type"] = "log.message.timestamp.type",
        ["min.cleanable.dirty.ratio"] = "log.cleaner.min.cleanable.ratio",
        ["min.compaction.lag.ms"] = "log.cleaner.min.compaction.lag.ms",
        ["min.insync.replicas"] = "min.insync.replicas",
        ["preallocate"] = "log.preallocate",
        ["retention.bytes"] = "log.retention.bytes",
        ["retention.ms"] = "log.retention.ms",
        ["segment.bytes"] = "log.segment.bytes",
        ["segment.index.bytes"] = "log.index.size.max.bytes",
        ["segment.jitter.ms"] = "log.roll.jitter.ms",
        ["segment.ms"] = "log.roll.ms",
        ["unclean.leader.election.enable"] = "unclean.leader.election.enable",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, string> Topics =
        Brokers.ToFrozenDictionary(static pair => pair.Value, static pair => pair.Key);

    /// <summary>The broker's setting behind one of topics; null when there is none.</summary>
    public static string? BrokerNameOf(string topicConfig) => Brokers.GetValueOrDefault(topicConfig);

    /// <summary>The setting of topics whose default a broker's setting is; null when it is none.</summary>
    public static string? TopicNameOf(string brokerConfig) => Topics.GetValueOrDefault(brokerConfig);
}
