namespace StreamFlow.Planning;

/// <summary>
/// Decides which tables keep their rows, and whose updates come with the value before. Nodes are asked in the order of their
/// description: what a table does for a filter depends on what was described by then, as in Kafka Streams.
/// </summary>
internal static class RowsStep
{
    public static void Run(PlanGraph graph)
    {
        foreach (var node in graph.Nodes)
        {
            foreach (var table in node.LooksUp)
            {
                graph.FactsOf(graph.KeeperOf(table)).KeepsRows = true;
            }

            if (node.OldValues != OldValueDemand.None)
            {
                AskForOldValues(graph, node);
            }
        }
    }

    /// <summary>Asks a table for updates with the value before.</summary>
    /// <returns>Whether they come with it.</returns>
    private static bool AskForOldValues(PlanGraph graph, NodeDescription table)
    {
        var facts = graph.FactsOf(table);
        facts.TellsOldValues = facts.TellsOldValues || (table.Rows is { } rows
            ? !rows.OnDemand || facts.KeepsRows
            : AskForOldValues(graph, graph.ParentsOf(table).Single()));
        return facts.TellsOldValues;
    }
}
