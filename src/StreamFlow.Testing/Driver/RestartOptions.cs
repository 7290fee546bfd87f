namespace StreamFlow.Testing;

/// <summary>What an application finds that <see cref="TopologyTestDriver"/> starts again.</summary>
public sealed record RestartOptions
{
    /// <summary>
    /// Whether local state is gone, as on a new machine: stores are restored from their changelogs, global tables read anew. Stores
    /// in memory are lost either way, and those without a changelog are empty then.
    /// </summary>
    /// <value>Default: <see langword="false"/>, persistent stores find what was written.</value>
    public bool LosesState { get; init; }

    /// <summary>Another version of the topology, to try an upgrade: it finds topics, positions and state of the one before.</summary>
    /// <value>Default: <see langword="null"/>, the same topology.</value>
    public Topology? Topology { get; init; }
}
