namespace StreamFlow.Planning;

/// <summary>
/// Puts one repartition topic in the place of several that operators needed for the same records: right behind the node
/// that changed the keys, or that merged streams. What lies between it and the operators moves behind the topic. Kafka Streams
/// does the same, but cannot where two of the ways share their first node.
/// </summary>
internal static class MergeRepartitionsStep
{
    public static void Run(PlanGraph graph)
    {
        var groups = graph.Nodes.OfType<RepartitionNode>()
            .Where(node => node.IsImplied)
            .Select(node => (Node: node, Origin: OriginOf(graph, node)))
            .Where(found => found.Origin is not null)
            .GroupBy(found => found.Origin!, found => found.Node)
            .ToList();
        foreach (var group in groups)
        {
            Merge(graph, group.Key, [.. group]);
        }
    }

    /// <summary>
    /// Where the records first have the keys and values that are sent through the topic; null where values change on the
    /// way, because the topic would have to carry others.
    /// </summary>
    private static Output? OriginOf(PlanGraph graph, RepartitionNode repartition)
    {
        var output = graph.InputsOf(repartition)[0];
        while (!output.Owner.ChangesKey && graph.InputsOf(output.Owner).Count == 1)
        {
            if (output.Owner.ChangesValue || output.Owner is RepartitionNode)
            {
                return null;
            }

            output = graph.InputsOf(output.Owner)[0];
        }

        return graph.InputsOf(output.Owner).Count > 0 ? output : null;
    }

    private static void Merge(PlanGraph graph, Output origin, IReadOnlyList<RepartitionNode> repartitions)
    {
        var moved = repartitions.SelectMany(node => Between(graph, origin, node)).ToHashSet();

        // Whoever else is behind a node that moves got the records without a key too, and must not miss them now.
        foreach (var node in moved.Where(node => graph.ChildrenOf(node).Any(c => !moved.Contains(c) && !repartitions.Contains(c))))
        {
            graph.FactsOf(node).LeadsMissingKeysOn = true;
        }

        var merged = repartitions[0].MergedWith(repartitions.Skip(1), origin);
        graph.InsertBehind(origin.Owner, merged);
        foreach (var node in moved.Concat(repartitions))
        {
            graph.Redirect(node, origin, merged.Outputs[0]);
        }

        foreach (var repartition in repartitions)
        {
            graph.Redirect(repartition.Outputs[0], graph.InputsOf(repartition)[0]);
            graph.Remove(repartition);
        }
    }

    /// <summary>The nodes on the way from an output to a repartitioning.</summary>
    private static IEnumerable<NodeDescription> Between(PlanGraph graph, Output origin, RepartitionNode repartition)
    {
        for (var output = graph.InputsOf(repartition)[0]; output != origin; output = graph.InputsOf(output.Owner)[0])
        {
            yield return output.Owner;
        }
    }
}
