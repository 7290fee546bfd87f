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
            foreach (var keeper in node.LooksUp.SelectMany(graph.KeepersOf))
            {
                graph.FactsOf(keeper).KeepsRows = true;
                graph.FactsOf(keeper).ShowsTold |= node.LooksUpTold;
            }

            if (node.LooksUpTold)
            {
                FindMeetings(graph, node);
            }

            if (node.OldValues != OldValueDemand.None)
            {
                graph.FactsOf(node).KnowsOldValues = AskParents(graph, node, node.OldValues == OldValueDemand.Always);
            }
        }
    }

    /// <summary>One change of a row reaches a join on both sides where both come from the table that has the row.</summary>
    private static void FindMeetings(PlanGraph graph, NodeDescription join)
    {
        var mine = graph.OriginsOf(join);
        var common = join.LooksUp.SelectMany(graph.OriginsOf).Where(origin => origin.Rows is not null && mine.Contains(origin)).ToList();
        if (common.Count == 0)
        {
            return;
        }

        graph.FactsOf(join).MeetsItself = true;
        foreach (var keeper in graph.ParentsOf(join).Concat(join.LooksUp).SelectMany(graph.KeepersOf).Concat(common))
        {
            graph.FactsOf(keeper).ShowsBefore = true;
        }
    }

    /// <summary>Asks a table for updates with the value before.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="table">The table.</param>
    /// <param name="mayKeep">Whether rows are kept for it where they are not yet.</param>
    /// <returns>Whether they come with it.</returns>
    private static bool Ask(PlanGraph graph, NodeDescription table, bool mayKeep)
    {
        var facts = graph.FactsOf(table);
        if (table.Rows is { } rows)
        {
            facts.KeepsRows |= mayKeep;
            facts.TellsOldValues |= !rows.OnDemand || facts.KeepsRows;
            foreach (var other in facts.TellsOldValues ? table.AsksToo : [])
            {
                Ask(graph, other, mayKeep: true);
            }
        }
        else if (AskParents(graph, table, mayKeep))
        {
            facts.KnowsOldValues = facts.TellsOldValues = true;
        }

        return facts.TellsOldValues;
    }

    /// <summary>Asks all tables that a node takes: a join knows the value before if both sides tell it.</summary>
    private static bool AskParents(PlanGraph graph, NodeDescription node, bool mayKeep) =>
        graph.ParentsOf(node).Distinct().Aggregate(true, (all, parent) => Ask(graph, parent, mayKeep) && all);
}
