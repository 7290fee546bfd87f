using StreamFlow.Planning;

namespace StreamFlow.Dsl;

/// <summary>Names of nodes in a topology that is put together node by node.</summary>
internal static class NodeNames
{
    /// <exception cref="TopologyException">The name is none, or taken.</exception>
    public static void Check(TopologyGraph graph, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ResourceName.Check(name);
        if (graph.FindNode(name) is not null)
        {
            throw new TopologyException($"There is a node {name} already. Give one of them another name.");
        }
    }

    /// <summary>A node has its name from the call; one in the options would be one too many.</summary>
    public static void CheckUnnamed(string name, string? other, string options)
    {
        if (other is not null)
        {
            throw new TopologyException($"Node {name} is named in {options} too, {other}. Name it once.");
        }
    }

    /// <summary>What the parents of a node hand on, which must be of the types that it takes.</summary>
    /// <exception cref="TopologyException">There are no parents, or one is unknown, a sink, or hands on other types.</exception>
    public static IReadOnlyList<Output<TKey, TValue>> Parents<TKey, TValue>(
        TopologyGraph graph, string name, IReadOnlyList<string> parents)
    {
        ArgumentNullException.ThrowIfNull(parents);
        return parents.Count == 0
            ? throw new TopologyException($"Node {name} has no parents. Name those whose records it takes.")
            : [.. parents.Distinct(StringComparer.Ordinal).Select(parent => Parent<TKey, TValue>(graph, name, parent))];
    }

    private static Output<TKey, TValue> Parent<TKey, TValue>(TopologyGraph graph, string name, string parent)
    {
        if (parent == name)
        {
            throw new TopologyException($"Node {name} is to be its own parent. Name another node.");
        }

        if (graph.FindNode(parent) is not { } node)
        {
            throw new TopologyException($"Parent {parent} of node {name} is unknown. Add parents before their children.");
        }

        return node.Outputs switch
        {
            [Output<TKey, TValue> output] => output,
            [var output] => throw new TopologyException(
                $"Node {name} takes {typeof(TKey)} and {typeof(TValue)}, but its parent {parent} hands on {output.Types}. "
                + "Give both the same types."),
            _ => throw new TopologyException($"Sink {parent} cannot be the parent of node {name}: it hands nothing on."),
        };
    }
}
