using StreamFlow.Planning;

namespace StreamFlow;

/// <summary>
/// A table of which each instance of the application has all rows, whatever partitions it is assigned. Streams look rows up by any key
/// (<c>Join</c>, <c>LeftJoin</c>); its updates give no results. The type is only a handle on a place in the description.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the rows.</typeparam>
public sealed class GlobalKTable<TKey, TValue>
{
    internal GlobalKTable(TopologyGraph graph, string store)
    {
        Graph = graph;
        QueryableStoreName = store;
    }

    /// <summary>Name of the store that has the rows.</summary>
    public string QueryableStoreName { get; }

    internal TopologyGraph Graph { get; }
}
