using System.Globalization;

namespace StreamFlow.Broker.Configs;

/// <summary>The settings of this broker: what it was started with, and over that what it was given while it runs.</summary>
/// <param name="nodeId">Its number.</param>
/// <param name="started">What it was started with, by name, where that is no default.</param>
/// <param name="dynamic">What it was given while it ran.</param>
internal sealed class BrokerSettings(int nodeId, IReadOnlyDictionary<string, string> started, DynamicConfigs dynamic)
{
    private readonly string _name = nodeId.ToString(CultureInfo.InvariantCulture);

    /// <summary>What this broker alone was given.</summary>
    public ConfigResource Self => new(ConfigResourceKind.Broker, _name);

    /// <summary>The value that counts; null when there is none.</summary>
    public string? this[string name] =>
        BrokerConfigs.Find(name) is { } definition ? Of(definition).Value : null;

    /// <summary>A setting of the broker with all values it was given.</summary>
    public EffectiveConfig Of(ConfigDefinition definition) => EffectiveConfig.Of(definition, Places(definition.Name));

    /// <summary>A setting as it is given to all brokers.</summary>
    public EffectiveConfig OfAll(ConfigDefinition definition) => EffectiveConfig.Of(
        definition,
        [new(definition.Name, dynamic.Of(ConfigResource.AllBrokers).GetValueOrDefault(definition.Name), ConfigSource.DynamicDefaultBroker)]);

    /// <summary>
    /// A setting of a topic, a group or what clients report. Those of topics that no setting of the broker is the default of have no
    /// default among their synonyms, as at Apache Kafka.
    /// </summary>
    /// <param name="definition">The setting.</param>
    /// <param name="given">What the resource itself was given.</param>
    /// <param name="source">What such a resource is called as a source.</param>
    public EffectiveConfig Of(ConfigDefinition definition, IReadOnlyDictionary<string, string> given, ConfigSource source)
    {
        ConfigSynonym own = new(definition.Name, given.GetValueOrDefault(definition.Name), source);
        return EffectiveConfig.Of(
            definition,
            definition.BrokerName is { } brokerName
                ? [own, .. Places(brokerName)]
                : source == ConfigSource.Topic ? [own]
                : [own, new ConfigSynonym(definition.Name, definition.Default, ConfigSource.Default)]);
    }

    /// <summary>The defaults that this broker gives topics where they are others than Kafka's, by the topics' names for them.</summary>
    public IReadOnlyDictionary<string, string> TopicDefaults()
    {
        var defaults = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in started.Keys.Concat(dynamic.Of(Self).Keys).Concat(dynamic.Of(ConfigResource.AllBrokers).Keys))
        {
            if (TopicDefaultNames.TopicNameOf(name) is { } ofTopics && this[name] is { } value)
            {
                defaults[ofTopics] = value;
            }
        }

        return defaults;
    }

    private ConfigSynonym[] Places(string name) =>
    [
        new(name, dynamic.Of(Self).GetValueOrDefault(name), ConfigSource.DynamicBroker),
        new(name, dynamic.Of(ConfigResource.AllBrokers).GetValueOrDefault(name), ConfigSource.DynamicDefaultBroker),
        new(name, started.GetValueOrDefault(name), ConfigSource.StaticBroker),
        new(name, BrokerConfigs.Find(name)?.Default, ConfigSource.Default),
    ];
}
