namespace StreamFlow.Tests.Conformance;

/// <summary>Recorded scenarios that belong together: their topologies, and where StreamFlow means to differ.</summary>
/// <param name="file">The recording.</param>
internal sealed class ScenarioSet(string file)
{
    /// <summary>All of them; a name stands in one set only.</summary>
    public static readonly IReadOnlyList<ScenarioSet> All =
    [
        ScenarioTopologies.Set,
        TableJoinScenarios.Set,
        TableFamilyScenarios.Set,
        ProcessorScenarios.Set,
        WindowScenarios.Set,
        StreamJoinScenarios.Set,
        HeaderStoreScenarios.Set,
        StoreScenarios.Set,
        ErrorScenarios.Set,
    ];

    public IReadOnlyDictionary<string, string[]> Recorded { get; } = Conformance.Recorded.Blocks(file, "== ");

    public IReadOnlyDictionary<string, Action<StreamsBuilder>> Topologies { get; init; } =
        new Dictionary<string, Action<StreamsBuilder>>();

    /// <summary>
    /// Topologies that print lines of their own, by what they are given; a recording has them, with four blanks before, ahead of
    /// the step that they belong to.
    /// </summary>
    public IReadOnlyDictionary<string, Func<Action<string>, Topology>> Programs { get; init; } =
        new Dictionary<string, Func<Action<string>, Topology>>();

    /// <summary>Error handlers that print, too.</summary>
    public IReadOnlyDictionary<string, Func<Action<string>, ErrorHandler>> Handlers { get; init; } =
        new Dictionary<string, Func<Action<string>, ErrorHandler>>();

    /// <summary>The size of the record cache, where a heading does not give it in figures.</summary>
    public IReadOnlyDictionary<string, long> CacheBytes { get; init; } = new Dictionary<string, long>();

    /// <summary>Further options of the application.</summary>
    public Action<string, StreamFlowOptions>? Options { get; init; }

    /// <summary>What comes in the place of a recorded line, null for nothing: docs/guide/differences.md says why.</summary>
    public IReadOnlyDictionary<(string Scenario, string Line), string?> Differences { get; init; } =
        new Dictionary<(string, string), string?>();
}
