using System.Globalization;
using System.Text;

namespace StreamFlow.Planning;

/// <summary>
/// Prints a topology as <c>org.apache.kafka.streams.TopologyDescription</c> does: nodes with more below them come first.
/// Neighbours are meant to have the same order there; which they have depends on the state of a hash table.
/// </summary>
internal static class TopologyDescriber
{
    public static string Describe(PlanGraph graph, IReadOnlyList<NodeGroup> groups)
    {
        var text = new StringBuilder("Topologies:\n ");
        foreach (var group in groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"  Sub-topology: {group.Id}")
                .Append(group.IsGlobal ? " for global store (will not generate tasks)\n" : "\n");
            var sizes = Sizes(graph, group.Nodes);
            foreach (var node in InOrder(group.Nodes, sizes))
            {
                text.Append(
                    CultureInfo.InvariantCulture, $"    {node.Kind}: {node.Name} ({node.Detail(graph.StoresOf(node))})\n");
                if (node.Kind != NodeKind.Sink)
                {
                    text.Append(CultureInfo.InvariantCulture, $"      --> {Names(graph.ChildrenOf(node), sizes)}\n");
                }

                if (node.Kind != NodeKind.Source)
                {
                    text.Append(CultureInfo.InvariantCulture, $"      <-- {Names(graph.ParentsOf(node), sizes)}\n");
                }
            }

            if (!group.IsGlobal)
            {
                text.Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Names(IEnumerable<NodeDescription> nodes, Dictionary<NodeDescription, int> sizes) =>
        string.Join(", ", InOrder(nodes.Distinct(), sizes).Select(node => node.Name)) is { Length: > 0 } names ? names : "none";

    private static IEnumerable<NodeDescription> InOrder(
        IEnumerable<NodeDescription> nodes, Dictionary<NodeDescription, int> sizes) =>
        nodes.OrderByDescending(node => sizes[node]).ThenBy(node => node.Name, StringComparer.Ordinal);

    /// <summary>Nodes below each node, itself included, counted once per path (Kafka's <c>updateSize</c>).</summary>
    private static Dictionary<NodeDescription, int> Sizes(PlanGraph graph, IReadOnlyList<NodeDescription> nodes)
    {
        var sizes = new Dictionary<NodeDescription, int>();
        foreach (var node in nodes)
        {
            SizeOf(node);
        }

        return sizes;

        int SizeOf(NodeDescription node)
        {
            if (!sizes.TryGetValue(node, out var size))
            {
                size = 1 + graph.ChildrenOf(node).Sum(SizeOf);
                sizes.Add(node, size);
            }

            return size;
        }
    }
}
