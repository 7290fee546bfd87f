namespace StreamFlow.Broker.Configs;

/// <summary>One setting of a topic, a broker, a group or what clients report.</summary>
/// <param name="Name">Kafka's name for it.</param>
/// <param name="Type">Its type on the wire.</param>
/// <param name="Default">The value when nobody sets it; null for none.</param>
/// <param name="Problem">Answers what is wrong with a value, or null.</param>
/// <param name="Documentation">A sentence or two for DescribeConfigs.</param>
internal sealed record ConfigDefinition(
    string Name, ConfigType Type, string? Default, Func<string, string?> Problem, string Documentation)
{
    /// <summary>Said of what is kept, shown and validated, but has nothing to act on here.</summary>
    public const string WithoutEffect = "Without effect on a broker of one node.";

    /// <summary>The broker's setting that gives the default of this one; null when there is none.</summary>
    public string? BrokerName { get; init; }

    /// <summary>It is what it was when the broker started.</summary>
    public bool IsFixed { get; init; }

    /// <summary>Its value is shown to nobody.</summary>
    public bool IsSensitive { get; init; }

    /// <summary>What is wrong with a value, naming setting, value and remedy; null when nothing is.</summary>
    public string? Check(string kind, string value) =>
        Problem(value) is { } problem ? $"Invalid value '{ConfigChecks.Shown(value)}' for {kind} config '{Name}': {problem}." : null;
}

/// <summary>A value that a setting has from one of the places that may give it one.</summary>
/// <param name="Name">The name it has there.</param>
/// <param name="Value">The value; null for none.</param>
/// <param name="Source">The place.</param>
internal readonly record struct ConfigSynonym(string Name, string? Value, ConfigSource Source);

/// <summary>One setting with the value that counts, and those behind it.</summary>
/// <param name="Definition">Which setting.</param>
/// <param name="Value">The value that counts; null for none.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Synonyms">All values it was given, the one that counts first, each with its place; without those that have none.</param>
internal readonly record struct EffectiveConfig(
    ConfigDefinition Definition, string? Value, ConfigSource Source, IReadOnlyList<ConfigSynonym> Synonyms)
{
    /// <summary>Puts a setting together from the places that may give it a value, the one that counts first.</summary>
    public static EffectiveConfig Of(ConfigDefinition definition, IEnumerable<ConfigSynonym> places)
    {
        ConfigSynonym[] given = [.. places.Where(place => place.Value is not null)];
        return given.Length > 0
            ? new EffectiveConfig(definition, given[0].Value, given[0].Source, given)
            : new EffectiveConfig(definition, definition.Default, ConfigSource.Default, given);
    }
}
