namespace StreamFlow.Planning;

/// <summary>Asks the user's wrapper about each processor that tasks run, in the order of their description.</summary>
internal static class WrapStep
{
    public static void Run(PlanGraph graph, IProcessorWrapper wrapper)
    {
        foreach (var node in graph.Nodes.Where(node => node.Kind == NodeKind.Processor && !IsGlobal(graph, node)))
        {
            var asked = new WrappedProcessor(
                node.Name,
                !node.ChangesKey,
                [.. graph.StoresOf(node).Select(store => store.Name).Order(StringComparer.Ordinal)]);
            graph.FactsOf(node).Wrapper = node.AskFor(wrapper, asked);
            graph.FactsOf(node).AddedStores = asked.Added;
        }

        CheckNames(graph);
    }

    private static bool IsGlobal(PlanGraph graph, NodeDescription node) =>
        node is SourceNode { SourceKind: SourceKind.Global } || graph.ParentsOf(node).Any(parent => IsGlobal(graph, parent));

    private static void CheckNames(PlanGraph graph)
    {
        var twice = graph.Nodes.SelectMany(graph.StoresOf).Distinct()
            .GroupBy(store => store.Name, StringComparer.Ordinal).FirstOrDefault(stores => stores.Count() > 1);
        if (twice is not null)
        {
            throw new TopologyException(
                $"There are two stores named '{twice.Key}', one of them added by the processor wrapper. Give it another name, or hand the "
                + "same builder to all processors that share the store.");
        }
    }
}
