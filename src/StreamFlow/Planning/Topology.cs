using StreamFlow.Planning;

namespace StreamFlow;

/// <summary>
/// A finished topology: what <c>StreamsBuilder.Build()</c> makes and an application runs. It never changes and may be
/// shared by any number of applications and threads.
/// </summary>
public sealed class Topology
{
    private readonly PlanGraph _graph;
    private readonly IReadOnlyList<NodeGroup> _groups;

    internal Topology(TopologyPlan plan, PlanGraph graph, IReadOnlyList<NodeGroup> groups)
    {
        Plan = plan;
        _graph = graph;
        _groups = groups;
    }

    internal TopologyPlan Plan { get; }

    /// <summary>
    /// What instances of one application must have in common, as text: the structure, and what each store is restored from, which
    /// the description does not tell.
    /// </summary>
    internal string Identity => Describe() + string.Concat(
        from subTopology in Plan.SubTopologies
        from store in subTopology.Stores
        select $"{store.Name} <- {(store.IsLogged ? store.ChangelogTopic : store.Source?.Topic)}\n");

    /// <summary>Whether any of its stores is kept on disk, so that it needs <see cref="StreamsServices.StoreBackend"/>.</summary>
    public bool HasPersistentStores => Plan.SubTopologies.Concat(Plan.Globals).Any(s => s.Stores.Any(d => d.IsPersistent));

    /// <summary>
    /// The topology as text, in the format of Kafka Streams' <c>TopologyDescription</c>, so that tools made for it
    /// (visualisers, tests of upgrade compatibility) work.
    /// </summary>
    /// <returns>Text of several lines.</returns>
    public string Describe() => TopologyDescriber.Describe(_graph, _groups);

    /// <summary>The topology as a Mermaid flowchart: topics, nodes and stores, grouped by sub-topology.</summary>
    /// <returns>Text of several lines, to put into a Markdown block <c>mermaid</c>.</returns>
    public string ToMermaid() => MermaidWriter.Write(_graph, _groups);

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();
}
