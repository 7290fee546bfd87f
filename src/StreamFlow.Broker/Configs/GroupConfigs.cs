using System.Collections.Frozen;

namespace StreamFlow.Broker.Configs;

/// <summary>The settings of a group (KIP-848, KIP-932, KIP-1071), which it may have before it has members.</summary>
internal static class GroupConfigs
{
    public const string AssignmentInterval = "consumer.assignment.interval.ms";
    public const string HeartbeatInterval = "consumer.heartbeat.interval.ms";
    public const string SessionTimeout = "consumer.session.timeout.ms";

    private static readonly FrozenDictionary<string, ConfigDefinition> ByName = new[]
    {
        Of(AssignmentInterval, "1000", 0, 15000, "The least time between two assignments of a consumer group, in ms."),
        Of(HeartbeatInterval, "5000", 5000, 15000, "How often members of a consumer group are to say that they live, in ms."),
        Of(SessionTimeout, "45000", 45000, 60000, "How long a member of a consumer group may be silent, in ms."),
        Unused("share.assignment.interval.ms", "1000", 0, 15000),
        Unused("share.auto.offset.reset", "latest", static value =>
            value is "latest" or "earliest" || value.StartsWith("by_duration:P", StringComparison.Ordinal)
                ? null
                : "use latest, earliest or by_duration:<ISO 8601 duration>"),
        Unused("share.delivery.count.limit", "5", 2, 10),
        Unused("share.heartbeat.interval.ms", "5000", 5000, 15000),
        Unused("share.isolation.level", "read_uncommitted", ConfigChecks.OneOf("read_committed", "read_uncommitted")),
        Unused("share.partition.max.record.locks", "2000", 100, 4000),
        Unused("share.record.lock.duration.ms", "30000", 15000, 60000),
        Unused("share.renew.acknowledge.enable", "true", ConfigChecks.Flag) with { Type = ConfigType.Boolean },
        Unused("share.session.timeout.ms", "45000", 45000, 60000),
        Unused("streams.assignment.interval.ms", "1000", 0, 15000),
        Unused("streams.heartbeat.interval.ms", "5000", 5000, 15000),
        Unused("streams.initial.rebalance.delay.ms", "3000", 0, int.MaxValue),
        Unused("streams.num.standby.replicas", "0", 0, 2),
        Unused("streams.session.timeout.ms", "45000", 45000, 60000),
    }.ToFrozenDictionary(static definition => definition.Name);

    /// <summary>All settings, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All { get; } =
        [.. ByName.Values.OrderBy(static definition => definition.Name, StringComparer.Ordinal)];

    public static ConfigDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    private static ConfigDefinition Of(string name, string value, long min, long max, string documentation) =>
        new(name, ConfigType.Int, value, ConfigChecks.Whole(min, max), documentation) { BrokerName = $"group.{name}" };

    private static ConfigDefinition Unused(string name, string value, long min, long max) =>
        Of(name, value, min, max, "Kept; this broker has no such groups.");

    private static ConfigDefinition Unused(string name, string value, Func<string, string?> problem) =>
        new(name, ConfigType.String, value, problem, "Kept; this broker has no such groups.");
}
