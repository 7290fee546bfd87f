namespace StreamFlow.Dashboard;

/// <summary>The nodes of a topology by their names.</summary>
/// <param name="topology">The topology.</param>
internal sealed class TopologyNodes(TopologyDescription topology)
{
    private readonly Dictionary<string, (SubTopologyDescription Part, TopologyNode Node)> _nodes = topology.SubTopologies
        .SelectMany(part => part.Nodes.Select(node => (Part: part, Node: node)))
        .ToDictionary(n => n.Node.Name, StringComparer.Ordinal);

    public TopologyDescription Topology => topology;

    /// <summary>Whether a source reads topics of the user's: records that come from outside.</summary>
    public bool IsUserSource(string name) =>
        _nodes.TryGetValue(name, out var found) && found.Node.Kind == TopologyNodeKind.Source && !found.Node.Topics.Any(t => t.IsInternal);

    /// <summary>Whether a sink writes to topics of the user's: results that go out.</summary>
    public bool IsUserSink(string name) =>
        _nodes.TryGetValue(name, out var found) && found.Node.Kind == TopologyNodeKind.Sink && !found.Node.Topics.Any(t => t.IsInternal);

    /// <summary>The task that reads a partition of a topic; the partition's own name where none does any more.</summary>
    public string TaskOf(TopicPartition partition)
    {
        var part = topology.SubTopologies.FirstOrDefault(p => p.Nodes.Any(
            n => n.Kind == TopologyNodeKind.Source && n.Topics.Any(t => t.Name == partition.Topic)));
        return part is null ? partition.ToString() : new TaskId(part.Id, partition.Partition).ToString();
    }
}
