namespace StreamFlow.Planning;

/// <summary>
/// Finds the ways to nodes that take records without a key, from the ends backwards: repartitionings on the way let such
/// records pass, others leave them out.
/// </summary>
internal static class MissingKeysStep
{
    public static void Run(PlanGraph graph)
    {
        var open = new Stack<NodeDescription>(
            graph.Nodes.Where(node => node.TakesMissingKeys || graph.FactsOf(node).LeadsMissingKeysOn));
        while (open.TryPop(out var node))
        {
            foreach (var parent in graph.ParentsOf(node))
            {
                if (!graph.FactsOf(parent).LeadsMissingKeysOn)
                {
                    graph.FactsOf(parent).LeadsMissingKeysOn = true;
                    open.Push(parent);
                }
            }
        }
    }
}
