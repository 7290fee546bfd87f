namespace StreamFlow.Planning;

/// <summary>
/// Lets the input topic of a table be its changelog too, where the rows are exactly what the topic says: read with the same
/// serdes as they are kept, with the records' own times, and from the topic's beginning.
/// </summary>
internal static class ReuseSourceTopicsStep
{
    public static void Run(PlanGraph graph)
    {
        foreach (var node in graph.Nodes.Where(node => node.Rows is { IsAsRead: true } && graph.KeepsRows(node)))
        {
            graph.FactsOf(node).Source = graph.ParentsOf(node).OfType<SourceNode>().Single().AsChangelog;
        }
    }
}
