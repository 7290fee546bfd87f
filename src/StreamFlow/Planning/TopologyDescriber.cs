using System.Globalization;
using System.Text;

namespace StreamFlow.Planning;

/// <summary>
/// Prints a topology as <c>org.apache.kafka.streams.TopologyDescription</c> does: nodes with more below them come first.
/// Neighbours are meant to have the same order there; which they have depends on the state of a hash table.
/// </summary>
internal static class TopologyDescriber
{
    public static string Describe(IReadOnlyList<NodeGroup> groups)
    {
        var text = new StringBuilder("Topologies:\n ");
        foreach (var group in groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"  Sub-topology: {group.Id}\n");
            var children = Children(group.Nodes);
            var sizes = Sizes(group.Nodes, children);
            foreach (var node in InOrder(group.Nodes, sizes))
            {
                Describe(text, node, Names(children[node], sizes), Names(node.Parents, sizes));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static void Describe(StringBuilder text, NodeDescription node, string children, string parents)
    {
        text.Append(CultureInfo.InvariantCulture, $"    {node.Kind}: {node.Name} ({node.Detail})\n");
        if (node.Kind != NodeKind.Sink)
        {
            text.Append(CultureInfo.InvariantCulture, $"      --> {children}\n");
        }

        if (node.Kind != NodeKind.Source)
        {
            text.Append(CultureInfo.InvariantCulture, $"      <-- {parents}\n");
        }
    }

    private static string Names(IReadOnlyList<NodeDescription> nodes, Dictionary<NodeDescription, int> sizes) =>
        nodes.Count == 0 ? "none" : string.Join(", ", InOrder(nodes.Distinct(), sizes).Select(node => node.Name));

    private static IEnumerable<NodeDescription> InOrder(
        IEnumerable<NodeDescription> nodes, Dictionary<NodeDescription, int> sizes) =>
        nodes.OrderByDescending(node => sizes[node]).ThenBy(node => node.Name, StringComparer.Ordinal);

    private static Dictionary<NodeDescription, List<NodeDescription>> Children(IReadOnlyList<NodeDescription> nodes)
    {
        var children = nodes.ToDictionary(node => node, _ => new List<NodeDescription>());
        foreach (var node in nodes)
        {
            foreach (var parent in node.Parents)
            {
                children[parent].Add(node);
            }
        }

        return children;
    }

    /// <summary>Nodes below each node, itself included, counted once per path (Kafka's <c>updateSize</c>).</summary>
    private static Dictionary<NodeDescription, int> Sizes(
        IReadOnlyList<NodeDescription> nodes, Dictionary<NodeDescription, List<NodeDescription>> children)
    {
        var sizes = new Dictionary<NodeDescription, int>();
        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            sizes[nodes[i]] = 1 + children[nodes[i]].Sum(child => sizes[child]);
        }

        return sizes;
    }
}
