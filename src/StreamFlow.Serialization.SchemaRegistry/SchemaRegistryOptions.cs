using Confluent.SchemaRegistry;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>Where the schema registry is, and how serdes use it.</summary>
public sealed record SchemaRegistryOptions
{
    /// <summary>Address of the registry, <c>http://host:8081</c>; several are separated by commas.</summary>
    /// <value>Default: <see langword="null"/>, for serdes that are given a client.</value>
    public string? Url { get; init; }

    /// <summary>
    /// Further settings of Confluent's registry client by their names, such as <c>schema.registry.basic.auth.user.info</c>.
    /// </summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>How the subject of a schema is named. The topic of a store is that of its changelog.</summary>
    /// <value>Default: <see cref="SubjectNameStrategy.Topic"/>, <c>topic-key</c> and <c>topic-value</c>.</value>
    public SubjectNameStrategy SubjectNames { get; init; } = SubjectNameStrategy.Topic;

    /// <summary>
    /// Whether a schema that the subject does not have is registered at the first record written. If not, those of repartition
    /// and changelog topics must be registered by hand too.
    /// </summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool AutoRegisterSchemas { get; init; } = true;

    /// <summary>
    /// Whether records are written with the subject's latest schema instead of that of their type. Goes with
    /// <see cref="AutoRegisterSchemas"/> set to <see langword="false"/> only.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool UseLatestVersion { get; init; }

    /// <summary>Whether the registry takes schemas for the same that differ in form only.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool NormalizeSchemas { get; init; }

    /// <summary>
    /// How long one call may wait for the registry, tries again included, before <see cref="SchemaException"/> ends it. Keep it
    /// below <c>max.poll.interval.ms</c>.
    /// </summary>
    /// <value>Default: 60 seconds.</value>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Executors of the rules that schemas carry, as for encryption of fields. Confluent's process-wide registry of rules is
    /// not looked at.
    /// </summary>
    /// <value>Default: <see langword="null"/>, none; a schema with rules that need one fails.</value>
    public RuleRegistry? Rules { get; init; }

    /// <summary>Refuses what contradicts itself.</summary>
    internal void Validate()
    {
        if (UseLatestVersion && AutoRegisterSchemas)
        {
            throw new ArgumentException(
                "UseLatestVersion and AutoRegisterSchemas exclude each other: records have either the subject's latest schema or "
                + "that of their type. Set AutoRegisterSchemas to false.");
        }

        if (SubjectNames == SubjectNameStrategy.None)
        {
            throw new ArgumentException(
                "SubjectNames is None, so no schema could be registered or found. Choose Topic, Record, TopicRecord or Associated.");
        }

        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentException($"Timeout is {Timeout}; it must be positive and at most a day.");
        }
    }
}
