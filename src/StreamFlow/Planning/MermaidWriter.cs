using System.Globalization;
using System.Text;

namespace StreamFlow.Planning;

/// <summary>Prints a topology as a Mermaid flowchart.</summary>
internal static class MermaidWriter
{
    public static string Write(PlanGraph graph, IReadOnlyList<NodeGroup> groups)
    {
        var text = new StringBuilder("flowchart TD\n");
        foreach (var group in groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"  subgraph sub{group.Id}[\"Sub-topology {group.Id}{(group.IsGlobal ? ", global" : string.Empty)}\"]\n");
            foreach (var node in group.Nodes)
            {
                text.Append("    ").Append(Shape(graph, node)).Append('\n');
            }

            foreach (var store in group.Nodes.SelectMany(graph.StoresOf).DistinctBy(store => store.Name))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {StoreId(store.Name)}[(\"{store.Name}\")]\n");
            }

            text.Append("  end\n");
        }

        var topics = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in groups.SelectMany(group => group.Nodes))
        {
            WriteLinks(text, graph, node, topics);
        }

        foreach (var (topic, id) in topics)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {id}[[\"{topic}\"]]\n");
        }

        return text.ToString();
    }

    private static void WriteLinks(
        StringBuilder text, PlanGraph graph, NodeDescription node, Dictionary<string, string> topics)
    {
        var id = Id(graph, node);
        if (node is SourceNode source)
        {
            IEnumerable<string> read = source.Pattern is null ? source.Topics : [source.TopicText];
            foreach (var topic in read)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {TopicId(topics, topic)} --> {id}\n");
            }
        }

        foreach (var parent in graph.ParentsOf(node))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Id(graph, parent)} --> {id}\n");
        }

        foreach (var store in graph.StoresOf(node))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {id} <--> {StoreId(store.Name)}\n");
        }

        if (node.Target is { } target)
        {
            var topic = target.Topic ?? "chosen per record";
            text.Append(CultureInfo.InvariantCulture, $"  {id} --> {TopicId(topics, topic)}\n");
        }
    }

    private static string Shape(PlanGraph graph, NodeDescription node) => node.Kind switch
    {
        NodeKind.Source => $"{Id(graph, node)}([\"{node.Name}\"])",
        NodeKind.Sink => $"{Id(graph, node)}[/\"{node.Name}\"/]",
        _ => $"{Id(graph, node)}[\"{node.Name}\"]",
    };

    private static string Id(PlanGraph graph, NodeDescription node) =>
        string.Create(CultureInfo.InvariantCulture, $"n{graph.PositionOf(node)}");

    private static string StoreId(string store) => "store_" + store.Replace('.', '_');

    private static string TopicId(Dictionary<string, string> topics, string topic)
    {
        if (!topics.TryGetValue(topic, out var id))
        {
            id = string.Create(CultureInfo.InvariantCulture, $"t{topics.Count}");
            topics.Add(topic, id);
        }

        return id;
    }
}
