using System.Globalization;
using System.Text;

namespace StreamFlow.Planning;

/// <summary>Prints a topology as a Mermaid flowchart.</summary>
internal static class MermaidWriter
{
    public static string Write(IReadOnlyList<NodeGroup> groups)
    {
        var text = new StringBuilder("flowchart TD\n");
        foreach (var group in groups)
        {
            text.Append(CultureInfo.InvariantCulture, $"  subgraph sub{group.Id}[\"Sub-topology {group.Id}\"]\n");
            foreach (var node in group.Nodes)
            {
                text.Append("    ").Append(Shape(node)).Append('\n');
            }

            foreach (var store in group.Nodes.SelectMany(node => node.Stores).DistinctBy(store => store.Name))
            {
                text.Append(CultureInfo.InvariantCulture, $"    {StoreId(store.Name)}[(\"{store.Name}\")]\n");
            }

            text.Append("  end\n");
        }

        var topics = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in groups.SelectMany(group => group.Nodes))
        {
            WriteLinks(text, node, topics);
        }

        foreach (var (topic, id) in topics)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {id}[[\"{topic}\"]]\n");
        }

        return text.ToString();
    }

    private static void WriteLinks(StringBuilder text, NodeDescription node, Dictionary<string, string> topics)
    {
        if (node is SourceNode source)
        {
            foreach (var topic in source.Topics)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {TopicId(topics, topic)} --> {Id(node)}\n");
            }
        }

        foreach (var parent in node.Parents)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Id(parent)} --> {Id(node)}\n");
        }

        foreach (var store in node.Stores)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Id(node)} <--> {StoreId(store.Name)}\n");
        }

        if (node.Target is { } target)
        {
            var topic = target.Topic ?? "chosen per record";
            text.Append(CultureInfo.InvariantCulture, $"  {Id(node)} --> {TopicId(topics, topic)}\n");
        }
    }

    private static string Shape(NodeDescription node) => node.Kind switch
    {
        NodeKind.Source => $"{Id(node)}([\"{node.Name}\"])",
        NodeKind.Sink => $"{Id(node)}[/\"{node.Name}\"/]",
        _ => $"{Id(node)}[\"{node.Name}\"]",
    };

    private static string Id(NodeDescription node) => string.Create(CultureInfo.InvariantCulture, $"n{node.Order}");

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
