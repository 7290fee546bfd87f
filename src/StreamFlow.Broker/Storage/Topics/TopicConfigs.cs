using System.Globalization;
using StreamFlow.Broker.Configs;
using static StreamFlow.Broker.Configs.ConfigChecks;

namespace StreamFlow.Broker.Storage;

/// <summary>The topic settings this broker knows: names, defaults, checks, and what a log makes of them.</summary>
internal static class TopicConfigs
{
    public const string CleanupPolicyName = "cleanup.policy";
    public const string CompressionTypeName = "compression.type";
    public const string GzipLevelName = "compression.gzip.level";
    public const string Lz4LevelName = "compression.lz4.level";
    public const string ZstdLevelName = "compression.zstd.level";
    public const string DeleteRetentionMsName = "delete.retention.ms";
    public const string FlushMessagesName = "flush.messages";
    public const string FlushMsName = "flush.ms";
    public const string IndexIntervalBytesName = "index.interval.bytes";
    public const string MaxCompactionLagMsName = "max.compaction.lag.ms";
    public const string MaxMessageBytesName = "max.message.bytes";
    public const string TimestampAfterMaxMsName = "message.timestamp.after.max.ms";
    public const string TimestampBeforeMaxMsName = "message.timestamp.before.max.ms";
    public const string TimestampTypeName = "message.timestamp.type";
    public const string MinCleanableDirtyRatioName = "min.cleanable.dirty.ratio";
    public const string MinCompactionLagMsName = "min.compaction.lag.ms";
    public const string MinInsyncReplicasName = "min.insync.replicas";
    public const string RetentionBytesName = "retention.bytes";
    public const string RetentionMsName = "retention.ms";
    public const string SegmentBytesName = "segment.bytes";
    public const string SegmentMsName = "segment.ms";

    // A batch header must fit, and a limit below it would make every topic unwritable.
    private const int MinSegmentBytes = 1024;
    private const string ProducerCodec = "producer";
    private const string Uncompressed = "uncompressed";
    private const string MaxLong = "9223372036854775807";

    /// <summary>All settings, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All { get; } =
    [
        .. Stored().Concat(Timed()).Concat(Kept())
            .Select(static definition => definition with { BrokerName = TopicDefaultNames.BrokerNameOf(definition.Name) })
            .OrderBy(static definition => definition.Name, StringComparer.Ordinal),
    ];

    /// <summary>What batches are, and how they are stored.</summary>
    private static ConfigDefinition[] Stored() =>
    [
        new(CleanupPolicyName, ConfigType.List, "delete", CleanupProblem,
            "delete drops old segments, compact keeps the latest record per key; both may be given."),
        new(GzipLevelName, ConfigType.Int, Text(CompressionLevels.GzipDefault), GzipLevelProblem,
            "The level of gzip where the broker compresses; -1 for its default."),
        new(Lz4LevelName, ConfigType.Int, Text(CompressionLevels.Lz4Default),
            Whole(CompressionLevels.Lz4Min, CompressionLevels.Lz4Max),
            "The level of lz4 where the broker compresses; 9 is the fast compressor, all others the high one."),
        new(ZstdLevelName, ConfigType.Int, Text(CompressionLevels.ZstdDefault),
            Whole(CompressionLevels.ZstdMin, CompressionLevels.ZstdMax),
            "The level of zstd where the broker compresses."),
        new(CompressionTypeName, ConfigType.String, ProducerCodec,
            OneOf(Uncompressed, "zstd", "lz4", "snappy", "gzip", ProducerCodec),
            "The codec batches are stored with; producer keeps the one they came with."),
        new(IndexIntervalBytesName, ConfigType.Int, "4096", Whole(1, int.MaxValue),
            "Bytes of log between two index entries."),
        new(MaxMessageBytesName, ConfigType.Int, "1048588", Whole(0, int.MaxValue),
            "The largest record batch accepted, in bytes."),
        new(TimestampAfterMaxMsName, ConfigType.Long, "3600000", Whole(0, long.MaxValue),
            "How far a record's timestamp may lie after the broker's clock, in ms."),
        new(TimestampBeforeMaxMsName, ConfigType.Long, MaxLong, Whole(0, long.MaxValue),
            "How far a record's timestamp may lie before the broker's clock, in ms."),
        new(TimestampTypeName, ConfigType.String, "CreateTime", OneOf("CreateTime", "LogAppendTime"),
            "Whose clock timestamps come from."),
    ];

    /// <summary>When something happens to what is stored.</summary>
    private static ConfigDefinition[] Timed() =>
    [
        new(DeleteRetentionMsName, ConfigType.Long, "86400000", Whole(0, long.MaxValue),
            "How long compaction keeps tombstones, in ms."),
        new(FlushMessagesName, ConfigType.Long, MaxLong, Whole(1, long.MaxValue),
            "1 acknowledges after an fsync; n fsyncs in the background after n records."),
        new(FlushMsName, ConfigType.Long, MaxLong, Whole(1, long.MaxValue),
            "The longest a record stays without fsync, in ms."),
        new(MaxCompactionLagMsName, ConfigType.Long, MaxLong, Whole(1, long.MaxValue),
            "The longest a record stays uncompacted, in ms."),
        new(MinCleanableDirtyRatioName, ConfigType.Double, "0.5", Ratio,
            "The part of the log that must be uncompacted before compaction runs."),
        new(MinCompactionLagMsName, ConfigType.Long, "0", Whole(0, long.MaxValue),
            "How long a record stays uncompacted at least, in ms."),
        new(MinInsyncReplicasName, ConfigType.Int, "1", Whole(1, int.MaxValue), WithoutEffect),
        new(RetentionBytesName, ConfigType.Long, "-1", Whole(-1, long.MaxValue),
            "The size at which the oldest segments go, in bytes; -1 for none."),
        new(RetentionMsName, ConfigType.Long, "604800000", Whole(-1, long.MaxValue),
            "The age at which segments go, in ms; -1 for none."),
        new(SegmentBytesName, ConfigType.Int, "67108864", Whole(MinSegmentBytes, int.MaxValue),
            "The size at which a new segment begins, in bytes."),
        new(SegmentMsName, ConfigType.Long, "604800000", Whole(1, long.MaxValue),
            "The age at which a new segment begins, in ms."),
    ];

    private static readonly Dictionary<string, ConfigDefinition> ByName =
        All.ToDictionary(static definition => definition.Name, StringComparer.Ordinal);

    private const string WithoutEffect = ConfigDefinition.WithoutEffect;

    public static ConfigDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>What is wrong with a setting, naming it, the value and the remedy; null when nothing is.</summary>
    public static string? Problem(string name, string value)
    {
        if (TooLong("topic", name, value) is { } tooLong)
        {
            return tooLong;
        }

        if (!ByName.TryGetValue(name, out var definition))
        {
            return $"Unknown topic config '{Shown(name)}'; known are {string.Join(", ", ByName.Keys)}.";
        }

        var problem = definition.Problem(value);
        return problem is null ? null : $"Invalid value '{Shown(value)}' for topic config '{name}': {problem}.";
    }

    /// <summary>The first problem among settings, also between them; null when there is none.</summary>
    public static string? Problem(IReadOnlyDictionary<string, string> configs)
    {
        foreach (var (name, value) in configs)
        {
            if (Problem(name, value) is { } problem)
            {
                return problem;
            }
        }

        var values = new ConfigValues(configs, EmptyConfigs);
        return values.Long(MinCompactionLagMsName) > values.Long(MaxCompactionLagMsName)
            ? $"'{MinCompactionLagMsName}' must not exceed '{MaxCompactionLagMsName}'."
            : null;
    }

    public static IReadOnlyDictionary<string, string> EmptyConfigs { get; } = new Dictionary<string, string>();

    /// <summary>The settings of a topic's logs; every value must have been checked before.</summary>
    public static LogOptions ToLogOptions(
        IReadOnlyDictionary<string, string> overrides, IReadOnlyDictionary<string, string> brokerDefaults)
    {
        var values = new ConfigValues(overrides, brokerDefaults);
        var (flushMessages, flushMs) = (values.Long(FlushMessagesName), values.Long(FlushMsName));
        return new LogOptions
        {
            SegmentBytes = (int)values.Long(SegmentBytesName),
            SegmentMs = values.Long(SegmentMsName),
            IndexIntervalBytes = (int)values.Long(IndexIntervalBytesName),
            MaxMessageBytes = (int)values.Long(MaxMessageBytesName),
            RetentionMs = values.Long(RetentionMsName),
            RetentionBytes = values.Long(RetentionBytesName),
            CleanupPolicy = ParseCleanup(values.Text(CleanupPolicyName)),
            MessageTimestampType = Enum.Parse<TimestampType>(values.Text(TimestampTypeName)),
            MessageTimestampAfterMaxMs = values.Long(TimestampAfterMaxMsName),
            MessageTimestampBeforeMaxMs = values.Long(TimestampBeforeMaxMsName),
            FlushPolicy = flushMessages == 1 ? FlushPolicy.EveryAppend
                : flushMessages == long.MaxValue && flushMs == long.MaxValue ? FlushPolicy.OperatingSystem
                : FlushPolicy.Interval,
            FlushIntervalMs = flushMs,
            FlushMessages = flushMessages,
            Codec = ParseCodec(values.Text(CompressionTypeName)),
            GzipLevel = (int)values.Long(GzipLevelName),
            Lz4Level = (int)values.Long(Lz4LevelName),
            ZstdLevel = (int)values.Long(ZstdLevelName),
            DeleteRetentionMs = values.Long(DeleteRetentionMsName),
            MinCompactionLagMs = values.Long(MinCompactionLagMsName),
            MaxCompactionLagMs = values.Long(MaxCompactionLagMsName),
            MinCleanableDirtyRatio = values.Double(MinCleanableDirtyRatioName),
        };
    }

    private static CompressionCodec? ParseCodec(string value) => value switch
    {
        ProducerCodec => null,
        Uncompressed => CompressionCodec.None,
        "gzip" => CompressionCodec.Gzip,
        "snappy" => CompressionCodec.Snappy,
        "lz4" => CompressionCodec.Lz4,
        "zstd" => CompressionCodec.Zstd,
        _ => throw new FormatException($"'{value}' is no compression type."),
    };

    private static string? GzipLevelProblem(string value) =>
        value == Text(CompressionLevels.GzipDefault) || Whole(CompressionLevels.GzipMin, CompressionLevels.GzipMax)(value) is null
            ? null
            : $"use a whole number from {CompressionLevels.GzipMin} to {CompressionLevels.GzipMax}, or -1 for the default";

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>What has nothing to act on here: one replica, no remote storage, files that go at once and grow as needed.</summary>
    private static ConfigDefinition[] Kept() =>
    [
        new("file.delete.delay.ms", ConfigType.Long, "60000", Whole(0, long.MaxValue), WithoutEffect),
        new("follower.replication.throttled.replicas", ConfigType.List, "", Replicas, WithoutEffect),
        new("leader.replication.throttled.replicas", ConfigType.List, "", Replicas, WithoutEffect),
        new("local.retention.bytes", ConfigType.Long, "-2", Whole(-2, long.MaxValue), WithoutEffect),
        new("local.retention.ms", ConfigType.Long, "-2", Whole(-2, long.MaxValue), WithoutEffect),
        new("preallocate", ConfigType.Boolean, "false", Flag, WithoutEffect),
        new("remote.log.copy.disable", ConfigType.Boolean, "false", Flag, WithoutEffect),
        new("remote.log.delete.on.disable", ConfigType.Boolean, "false", Flag, WithoutEffect),
        new("remote.storage.enable", ConfigType.Boolean, "false", OneOf("false"), "Only false: there is no remote storage."),
        new("segment.index.bytes", ConfigType.Int, "10485760", Whole(4, int.MaxValue), WithoutEffect),
        new("segment.jitter.ms", ConfigType.Long, "0", Whole(0, long.MaxValue), WithoutEffect),
        new("unclean.leader.election.enable", ConfigType.Boolean, "false", Flag, WithoutEffect),
    ];

    private static CleanupPolicy ParseCleanup(string value)
    {
        var policy = CleanupPolicy.None;
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            policy |= part switch
            {
                "delete" => CleanupPolicy.Delete,
                "compact" => CleanupPolicy.Compact,
                _ => throw new FormatException($"'{part}' is no cleanup policy."),
            };
        }

        return policy;
    }

    private static string? CleanupProblem(string value)
    {
        var parts = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 0 && parts.All(static part => part is "delete" or "compact")
            ? null
            : "use delete, compact or both separated by a comma";
    }

    private readonly record struct ConfigValues(
        IReadOnlyDictionary<string, string> Overrides, IReadOnlyDictionary<string, string> BrokerDefaults)
    {
        public string Text(string name) =>
            Overrides.TryGetValue(name, out var value) || BrokerDefaults.TryGetValue(name, out value)
                ? value
                : ByName[name].Default!;

        public long Long(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

        public double Double(string name) => double.Parse(Text(name), CultureInfo.InvariantCulture);
    }
}
