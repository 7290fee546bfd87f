using StreamFlow.Planning;

namespace StreamFlow.Dsl;

/// <summary>Connects processors to the stores that their options name or bring.</summary>
internal static class ConnectedOptions
{
    public static void Connect(this TopologyGraph graph, string node, ProcessorOptions? options)
    {
        foreach (var store in options?.Stores ?? [])
        {
            graph.AddStore(store);
            graph.Stores.Connect(node, store.Name);
        }

        foreach (var store in options?.StoreNames ?? [])
        {
            graph.Stores.Connect(node, store);
        }
    }
}
