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
        StreamJoinScenarios.Set,
    ];

    public IReadOnlyDictionary<string, string[]> Recorded { get; } = Conformance.Recorded.Blocks(file, "== ");

    public required IReadOnlyDictionary<string, Action<StreamsBuilder>> Topologies { get; init; }

    /// <summary>What comes in the place of a recorded line, null for nothing: docs/guide/differences.md says why.</summary>
    public IReadOnlyDictionary<(string Scenario, string Line), string?> Differences { get; init; } =
        new Dictionary<(string, string), string?>();
}
