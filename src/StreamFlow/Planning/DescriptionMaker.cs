namespace StreamFlow.Planning;

/// <summary>Makes the description of a topology for those who want it as data.</summary>
/// <param name="planned">The topology.</param>
/// <param name="applicationId">Name of the application, which names of internal topics begin with.</param>
/// <param name="running">The plan as it is laid over a cluster; the described one before there is any.</param>
internal sealed class DescriptionMaker(PlannedTopology planned, string applicationId, TopologyPlan running)
{
    public TopologyDescription Make() => new(
        [.. planned.Groups.Select(Describe)],
        TopologyDescriber.Describe(planned.Graph, planned.Groups),
        MermaidWriter.Write(planned.Graph, planned.Groups));

    private SubTopologyDescription Describe(NodeGroup group)
    {
        var part = running.SubTopologies.Concat(running.Globals).First(s => s.Id == group.Id);
        return new SubTopologyDescription(
            group.Id,
            group.IsGlobal,
            [.. group.Nodes.Select(node => Describe(node, part))],
            [.. part.Stores.Select(Describe)]);
    }

    private TopologyNode Describe(NodeDescription node, SubTopology part) => new(node.Name, node.Kind switch
    {
        NodeKind.Source => TopologyNodeKind.Source,
        NodeKind.Sink => TopologyNodeKind.Sink,
        _ => TopologyNodeKind.Processor,
    })
    {
        Topics = [.. TopicsOf(node, part)],
        Pattern = (node as SourceNode)?.Pattern?.ToString(),
        Children = [.. planned.Graph.ChildrenOf(node).Select(child => child.Name).Distinct(StringComparer.Ordinal)],
        Stores = [.. planned.Graph.StoresOf(node).Select(store => store.Name).Distinct(StringComparer.Ordinal)],
    };

    private IEnumerable<TopologyTopic> TopicsOf(NodeDescription node, SubTopology part) => node switch
    {
        SourceNode => part.Sources.Where(s => s.SourceNode == node.Name).Select(s => Topic(s.Name, s.IsInternal)),
        { Target: { Topic: { } topic } target } => [Topic(topic, target.Repartition is not null)],
        _ => [],
    };

    private TopologyStore Describe(StoreDefinition store) => new(store.Name, store.Contents.Kind, store.IsPersistent)
    {
        ChangelogTopic = store.IsLogged ? InternalTopics.NameOf(applicationId, store.ChangelogTopic) : store.Source?.Topic,
        KeyType = store.Contents.Key,
        ValueType = store.Contents.Value,
    };

    private TopologyTopic Topic(string name, bool isInternal) =>
        new(isInternal ? InternalTopics.NameOf(applicationId, name) : name, isInternal);
}
