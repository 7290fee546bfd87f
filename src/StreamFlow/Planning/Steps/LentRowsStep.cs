namespace StreamFlow.Planning;

/// <summary>
/// Finds the aggregations whose rows others keep: a table made of their results, a join of streams, a processor with a store. An
/// aggregator may change its row in place, and the row is an object here where it is bytes in Kafka Streams; what the others have got
/// must stay as it was. What goes through a topic is bytes here too.
/// </summary>
internal static class LentRowsStep
{
    public static void Run(PlanGraph graph)
    {
        foreach (var node in graph.Nodes.Where(node => node.Rows is { AreChanged: true }))
        {
            graph.FactsOf(node).HandsOutCopies = Receivers(graph, node).Any(graph.KeepsValues);
        }
    }

    /// <summary>All that may get rows of a node: those behind it, and those behind the ones that look its rows up.</summary>
    private static HashSet<NodeDescription> Receivers(PlanGraph graph, NodeDescription keeper)
    {
        HashSet<NodeDescription> receivers = [];
        Queue<NodeDescription> rest = new(
            graph.Nodes.Where(node => node.LooksUp.SelectMany(graph.KeepersOf).Contains(keeper)).Prepend(keeper));
        while (rest.TryDequeue(out var next))
        {
            foreach (var child in graph.ChildrenOf(next).Where(receivers.Add))
            {
                rest.Enqueue(child);
            }
        }

        return receivers;
    }
}
