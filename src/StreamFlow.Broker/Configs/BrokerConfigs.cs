using System.Collections.Frozen;

namespace StreamFlow.Broker.Configs;

/// <summary>
/// The settings of a broker: all that Apache Kafka 4.3.1 describes, so that tools find what they ask for. Those that mean
/// something here say what; the others are kept and shown as they are.
/// </summary>
internal static class BrokerConfigs
{
    private const string Resource = "StreamFlow.Broker.broker-configs.txt";
    private const string NoValue = "-";

    /// <summary>What the settings do that have an effect here, beside those that give topics their defaults.</summary>
    private static readonly FrozenDictionary<string, string> Effects = new Dictionary<string, string>
    {
        ["advertised.listeners"] = "Where clients are told to connect to.",
        ["auto.create.topics.enable"] = "Whether asking for an unknown topic creates it.",
        ["broker.id"] = "The number of this broker.",
        ["connections.max.idle.ms"] = "How long a connection may be silent, in ms.",
        ["default.replication.factor"] = "The replicas of a topic: one, here.",
        ["fetch.max.bytes"] = "The most bytes that one fetch answers with.",
        ["group.consumer.max.size"] = "The members a group may have.",
        ["group.initial.rebalance.delay.ms"] = "How long an empty group waits for more members, in ms.",
        ["group.max.session.timeout.ms"] = "The longest session timeout of a member, in ms.",
        ["group.max.size"] = "The members a group may have.",
        ["group.min.session.timeout.ms"] = "The shortest session timeout of a member, in ms.",
        ["listeners"] = "Where the broker listens.",
        ["log.dirs"] = "The data directory.",
        ["max.connections"] = "How many connections may be open at once.",
        ["max.connections.per.ip"] = "How many connections an address may have open at once.",
        ["node.id"] = "The number of this broker.",
        ["num.partitions"] = "The partitions of a topic that is created without saying how many.",
        ["offset.metadata.max.bytes"] = "The size of the note that may be committed with an offset.",
        ["process.roles"] = "What this process does.",
        ["producer.id.expiration.ms"] = "How long a partition remembers an idempotent producer that writes nothing, in ms.",
        ["queued.max.request.bytes"] = "The bytes that all requests and answers may hold at once.",
        ["socket.request.max.bytes"] = "The size of the largest request, in bytes.",
        ["transactional.id.expiration.ms"] = "How long a transactional id that nobody uses is kept, in ms.",
        ["transaction.max.timeout.ms"] = "The longest transaction timeout of a producer, in ms.",
    }.ToFrozenDictionary();

    /// <summary>All settings, by name.</summary>
    public static IReadOnlyList<ConfigDefinition> All { get; } =
        [.. Read().OrderBy(static definition => definition.Name, StringComparer.Ordinal)];

    /// <summary>
    /// Those that are shown only where they are set, as by Apache Kafka: <c>kafka-reassign-partitions</c> sets and removes them.
    /// </summary>
    public static IReadOnlyList<ConfigDefinition> Hidden { get; } =
    [
        .. new[] { "follower.replication.throttled.rate", "leader.replication.throttled.rate", "replica.alter.log.dirs.io.max.bytes.per.second" }
            .Select(static name => new ConfigDefinition(
                name, ConfigType.Long, null, ConfigChecks.OfType(ConfigType.Long), ConfigDefinition.WithoutEffect)),
    ];

    private static readonly FrozenDictionary<string, ConfigDefinition> ByName =
        All.Concat(Hidden).ToFrozenDictionary(static definition => definition.Name);

    public static ConfigDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    private static IEnumerable<ConfigDefinition> Read()
    {
        using var stream = typeof(BrokerConfigs).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly has no resource '{Resource}'.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#'))
            {
                yield return Parse(line.Split('\t'));
            }
        }
    }

    private static ConfigDefinition Parse(string[] columns)
    {
        if (columns is not [var name, var typeName, var value, var change, ..])
        {
            throw new FormatException($"'{string.Join('\t', columns)}' is no broker setting: name, type, default and 'fixed' or 'dynamic'.");
        }

        var type = Enum.Parse<ConfigType>(typeName, ignoreCase: true);
        var ofTopics = TopicDefaultNames.TopicNameOf(name);
        return new ConfigDefinition(
            name,
            type,
            value == NoValue ? null : value,
            ConfigChecks.OfType(type),
            ofTopics is not null ? $"The default of the topic config {ofTopics}."
                : Effects.GetValueOrDefault(name, ConfigDefinition.WithoutEffect))
        {
            IsFixed = change == "fixed",
            IsSensitive = columns.Contains("sensitive"),
        };
    }
}
