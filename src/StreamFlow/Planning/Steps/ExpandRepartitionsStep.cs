namespace StreamFlow.Planning;

/// <summary>Puts filter, sink and source in the place of each repartitioning, which cuts the graph there.</summary>
internal static class ExpandRepartitionsStep
{
    public static void Run(PlanGraph graph)
    {
        foreach (var repartition in graph.Nodes.OfType<RepartitionNode>().ToList())
        {
            var nodes = repartition.Expand(graph.InputsOf(repartition)[0], graph.FactsOf(repartition).LeadsMissingKeysOn);
            var place = (NodeDescription)repartition;
            foreach (var node in nodes)
            {
                graph.InsertBehind(place, node);
                place = node;
            }

            graph.Redirect(repartition.Outputs[0], place.Outputs[0]);
            graph.Remove(repartition);
        }
    }
}
