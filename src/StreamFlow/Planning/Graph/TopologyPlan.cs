using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>
/// What the runtime needs to know of a topology. Names of internal topics are still without the application id, as
/// <c>Describe()</c> prints them; <see cref="InternalTopics.NameOf"/> completes them.
/// </summary>
internal sealed record TopologyPlan(IReadOnlyList<SubTopology> SubTopologies)
{
    /// <summary>What each instance does for itself, over all partitions of a topic: there are no tasks of them.</summary>
    public IReadOnlyList<SubTopology> Globals { get; init; } = [];

    /// <summary>What records are shown to.</summary>
    public IReadOnlyList<RecordTap> Taps { get; init; } = [];
}

/// <summary>What a topic is for.</summary>
internal enum TopicKind
{
    /// <summary>One of the user's that is read.</summary>
    Input,

    /// <summary>One of the user's that is written.</summary>
    Output,

    /// <summary>Written by one sub-topology and read by another, so that records of one key meet.</summary>
    Repartition,

    /// <summary>The changes of a store.</summary>
    Changelog,

    /// <summary>One of the user's that each instance reads as a whole.</summary>
    Global,
}

/// <summary>A topic a sub-topology reads.</summary>
/// <param name="Name">Name; of an internal topic, without the application id.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="SourceNode">Name of the source node that reads it.</param>
/// <param name="OffsetReset">Where to start without a committed offset, or null for the default.</param>
internal sealed record SourceTopic(string Name, TopicKind Kind, string SourceNode, OffsetResetPolicy? OffsetReset)
{
    /// <summary>Whether StreamFlow itself writes and owns it.</summary>
    public bool IsInternal => Kind.IsInternal();

    /// <summary>Whether its records are rows of a table.</summary>
    public bool IsTable { get; init; }

    /// <summary>Bytes behind the key proper that a partition is not chosen by: the window of a windowed key.</summary>
    public int KeySuffix { get; init; }
}

/// <summary>A repartition topic.</summary>
/// <param name="Name">Name without the application id, ending in <c>-repartition</c>, or in <c>-topic</c> for joins by foreign key.</param>
/// <param name="PartitionCount">Count fixed by the user, or null: derived from the topics upstream.</param>
internal sealed record RepartitionTopic(string Name, int? PartitionCount);

/// <summary>Topics that must have the same number of partitions because records of one key meet there.</summary>
/// <param name="Topics">Names as in <see cref="SourceTopic.Name"/>.</param>
/// <param name="Reason">The operator that needs it, for messages.</param>
internal sealed record CopartitionGroup(IReadOnlyList<string> Topics, string Reason)
{
    /// <summary>The source nodes whose topics match a pattern; once the plan is laid over a cluster those are among the topics.</summary>
    public IReadOnlyList<string> PatternNodes { get; init; } = [];
}

/// <summary>An input topic that is the changelog of a table too.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="IsRow">Whether a record of it has become a row, or deleted one, when it was processed.</param>
internal sealed record SourceChangelog(string Topic, RecordCheck IsRow);

/// <summary>Looks at a record as it lies on the broker.</summary>
internal delegate bool RecordCheck(in ByteRecord record);

/// <summary>A state store of a sub-topology.</summary>
internal sealed record StoreDefinition
{
    public required string Name { get; init; }

    /// <summary>Whether its bytes go to the persistent backend or stay in memory.</summary>
    public required bool IsPersistent { get; init; }

    /// <summary>Whether changes are written to a changelog of its own.</summary>
    public required bool IsLogged { get; init; }

    /// <summary>The input topic that the store is restored from, in place of a changelog of its own; or null.</summary>
    public SourceChangelog? Source { get; init; }

    /// <summary>
    /// The input topic that its rows are read or made of, at once and from its first record on; null where that is not so.
    /// </summary>
    public string? RowsOf { get; init; }

    /// <summary>Name of the changelog without the application id, <c>name-changelog</c>.</summary>
    public string ChangelogTopic => Name + "-changelog";

    /// <summary>Configuration the changelog topic is created with.</summary>
    public required IReadOnlyDictionary<string, string> ChangelogConfigs { get; init; }

    /// <summary>What it holds; null where that is not known.</summary>
    public StoreShape? Shape { get; init; }

    /// <summary>How it is read, and the types of what it holds.</summary>
    public StoreContents Contents { get; init; } = new(StoreKind.Other, null, null);

    /// <summary>Makes the store of one task, given the full name of its changelog topic; called once per task.</summary>
    public required Func<string, StateStore> Create { get; init; }
}

/// <summary>Nodes that belong together because records or stores connect them; a task is one partition of it.</summary>
internal sealed class SubTopology
{
    public required int Id { get; init; }

    /// <summary>The topics it reads; those that match a pattern once the plan is laid over a cluster.</summary>
    public required IReadOnlyList<SourceTopic> Sources { get; init; }

    /// <summary>Its sources that read whatever topics have a name like that.</summary>
    public IReadOnlyList<PatternSource> Patterns { get; init; } = [];

    /// <summary>Repartition topics this sub-topology writes.</summary>
    public required IReadOnlyList<RepartitionTopic> RepartitionSinks { get; init; }

    /// <summary>Topics with fixed names this sub-topology writes, repartition topics left out.</summary>
    public required IReadOnlyList<string> SinkTopics { get; init; }

    /// <summary>Whether records choose topics that are not known before.</summary>
    public required bool HasChosenTopics { get; init; }

    public required IReadOnlyList<CopartitionGroup> CopartitionGroups { get; init; }

    /// <summary>Stores in topological order: a flush of one may change only later ones.</summary>
    public required IReadOnlyList<StoreDefinition> Stores { get; init; }

    /// <summary>Creates and links the processors of one task. The stores are in the context already, not yet opened.</summary>
    public required Func<TaskContext, TaskTopology> Build { get; init; }

    /// <summary>
    /// Whether it matters that a topic's keys lie where StreamFlow would put them: it is read as a table, whose rows are asked for from
    /// elsewhere, or its records meet those of another topic.
    /// </summary>
    public bool NeedsPlaceByKey(SourceTopic topic) => topic.Kind == TopicKind.Input
        && (topic.IsTable
            || CopartitionGroups.Any(group => group.Topics.Count > 1 && group.Topics.Contains(topic.Name, StringComparer.Ordinal)));

    /// <summary>As it was described, when this is laid over a cluster.</summary>
    private SubTopology Described { get => field ?? this; init; }

    /// <summary>The same with the topics that match its patterns, by source node.</summary>
    public SubTopology LaidOver(IReadOnlyDictionary<string, List<string>> matches)
    {
        var described = Described;
        return described.Patterns.Count == 0 ? this : new SubTopology
        {
            Id = Id,
            Sources = [.. described.Sources, .. described.Patterns.SelectMany(p => matches[p.Node].Select(p.Read))],
            Patterns = Patterns,
            RepartitionSinks = RepartitionSinks,
            SinkTopics = SinkTopics,
            HasChosenTopics = HasChosenTopics,
            CopartitionGroups = [.. described.CopartitionGroups.Select(group => group with
            {
                Topics = [.. group.Topics.Concat(group.PatternNodes.SelectMany(node => matches[node])).Order(StringComparer.Ordinal)],
            })],
            Stores = Stores,
            Build = Build,
            Described = described,
        };
    }
}

/// <summary>
/// Names and configurations of internal topics. What is in them goes by the time of events, which the broker's clock knows
/// nothing of: a topic keeps what it has, whatever its age and size, until StreamFlow says that it is not needed, and takes
/// records of any time.
/// </summary>
internal static class InternalTopics
{
    public const string RepartitionSuffix = "-repartition";
    public const string CleanupPolicy = "cleanup.policy";

    /// <summary>
    /// Settings without which records would be deleted or refused by the broker's clock, and the value that does neither. Not
    /// every broker knows all of them.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> ClockSettings = new Dictionary<string, string>
    {
        ["retention.ms"] = "-1",
        ["retention.bytes"] = "-1",
        ["message.timestamp.after.max.ms"] = "9223372036854775807",
        ["message.timestamp.before.max.ms"] = "9223372036854775807",
    };

    /// <summary>
    /// Configuration of repartition topics: kept until StreamFlow deletes the records it has used up, in segments small enough
    /// for that to free space soon.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> RepartitionConfigs = Merge(
        ClockSettings,
        new Dictionary<string, string>
        {
            [CleanupPolicy] = "delete",
            ["segment.bytes"] = "52428800",
            ["message.timestamp.type"] = "CreateTime",
        });

    /// <summary>Whether StreamFlow itself creates, writes and reads topics of a kind, so that none of their records may be left out.</summary>
    public static bool IsInternal(this TopicKind kind) => kind is TopicKind.Repartition or TopicKind.Changelog;

    /// <summary>The topic's name on the broker, <c>application-name</c>.</summary>
    public static string NameOf(string applicationId, string name) => applicationId + "-" + name;

    /// <summary>Configuration of a changelog; what the user sets for the topic goes before.</summary>
    /// <param name="expires">Whether what was written once expires by the time of events; StreamFlow deletes it then.</param>
    /// <param name="overrides">What the user sets.</param>
    /// <param name="needed">What the kind of store needs; null for nothing.</param>
    public static IReadOnlyDictionary<string, string> ChangelogConfigs(
        bool expires, IReadOnlyDictionary<string, string> overrides, IReadOnlyDictionary<string, string>? needed = null)
    {
        var configs = Merge(
            ClockSettings,
            new Dictionary<string, string>
            {
                // Without "delete" the broker would not let StreamFlow delete what has expired.
                [CleanupPolicy] = expires ? "compact,delete" : "compact",
                ["message.timestamp.type"] = "CreateTime",
            });
        if (!expires)
        {
            configs.Remove("retention.ms");
            configs.Remove("retention.bytes");
        }

        return Merge(needed is null ? configs : Merge(configs, needed), overrides);
    }

    /// <summary>Whether records of a topic may be deleted before an offset.</summary>
    public static bool MayDelete(IReadOnlyDictionary<string, string> configs) =>
        configs.TryGetValue(CleanupPolicy, out var policy) && Policies(policy).Contains("delete");

    /// <summary>The parts of a cleanup policy.</summary>
    public static HashSet<string> Policies(string value) =>
        [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private static Dictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> configs, IReadOnlyDictionary<string, string> overrides)
    {
        var merged = new Dictionary<string, string>(configs);
        foreach (var (name, value) in overrides)
        {
            merged[name] = value;
        }

        return merged;
    }
}
