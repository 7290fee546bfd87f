using System.Globalization;
using System.Text.RegularExpressions;
using StreamFlow.State;

namespace StreamFlow.Dashboard;

/// <summary>Makes the graph of a topology.</summary>
internal static partial class TopologyView
{
    public static string TopicId(string topic) => "topic:" + topic;

    public static string StoreId(string store) => "store:" + store;

    /// <summary>The name of a kind of store in the API.</summary>
    public static string KindOf(TopologyStore store, bool isGlobal) => store.Kind switch
    {
        StoreKind.KeyValue => isGlobal ? "globalKeyValue" : "keyValue",
        StoreKind.Window => "window",
        StoreKind.Session => "session",
        StoreKind.Versioned => "versioned",
        StoreKind.List => "list",
        _ => "other",
    };

    public static TopologyModel Of(TopologyDescription topology)
    {
        var lines = LinesByNode(topology.Text);
        var nodes = new Dictionary<string, NodeModel>(StringComparer.Ordinal);
        var edges = new Dictionary<string, EdgeModel>(StringComparer.Ordinal);
        foreach (var part in topology.SubTopologies)
        {
            foreach (var node in part.Nodes)
            {
                AddNode(nodes, part, node, lines);
                AddEdges(edges, node);
            }

            foreach (var store in part.Stores)
            {
                nodes[StoreId(store.Name)] = new NodeModel(StoreId(store.Name), "store", store.Name)
                {
                    IsNamed = !Generated().IsMatch(store.Name),
                    Subtopology = part.Id,
                    Store = new NodeStoreModel(KindOf(store, part.IsGlobal), store.IsPersistent, store.ChangelogTopic),
                };
            }
        }

        return new TopologyModel(
            [.. topology.SubTopologies.Select(s => new SubTopologyModel(s.Id, NameOf(s), s.IsGlobal))],
            [.. nodes.Values],
            [.. edges.Values],
            topology.Text,
            topology.Mermaid);
    }

    private static string NameOf(SubTopologyDescription part) =>
        string.Create(CultureInfo.InvariantCulture, $"Sub-topology {part.Id}{(part.IsGlobal ? ", global" : string.Empty)}");

    private static void AddNode(
        Dictionary<string, NodeModel> nodes, SubTopologyDescription part, TopologyNode node, Dictionary<string, List<string>> lines)
    {
        var generated = Generated().Match(node.Name);
        nodes[node.Name] = new NodeModel(node.Name, node.Kind switch
        {
            TopologyNodeKind.Source => "source",
            TopologyNodeKind.Sink => "sink",
            _ => "operator",
        }, node.Name)
        {
            IsNamed = !generated.Success,
            Subtopology = part.Id,
            Type = generated.Success ? generated.Groups["type"].Value : null,
            Topic = node.Topics is [var only] ? only.Name : node.Pattern,
            Describe = lines.GetValueOrDefault(node.Name, []),
        };
        foreach (var topic in node.Topics)
        {
            nodes[TopicId(topic.Name)] = new NodeModel(TopicId(topic.Name), "topic", topic.Name)
            {
                IsNamed = !topic.IsInternal,
                IsInternal = topic.IsInternal,
                Topic = topic.Name,
            };
        }
    }

    private static void AddEdges(Dictionary<string, EdgeModel> edges, TopologyNode node)
    {
        foreach (var topic in node.Topics)
        {
            var (from, to) = node.Kind == TopologyNodeKind.Sink ? (node.Name, TopicId(topic.Name)) : (TopicId(topic.Name), node.Name);
            Add(edges, from, to, "records");
        }

        foreach (var child in node.Children)
        {
            Add(edges, node.Name, child, "records");
        }

        foreach (var store in node.Stores)
        {
            Add(edges, node.Name, StoreId(store), "store");
        }
    }

    private static void Add(Dictionary<string, EdgeModel> edges, string from, string to, string kind)
    {
        var id = EdgeId(from, to);
        edges[id] = new EdgeModel(id, from, to, kind);
    }

    public static string EdgeId(string from, string to) => from + ">" + to;

    /// <summary>The lines of the description that are about each node: its own, and those of its neighbours below it.</summary>
    private static Dictionary<string, List<string>> LinesByNode(string text)
    {
        var lines = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        List<string>? current = null;
        foreach (var line in text.Split('\n'))
        {
            if (NodeLine().Match(line) is { Success: true } found)
            {
                lines[found.Groups["name"].Value] = current = [line.Trim()];
            }
            else if (line.TrimStart().StartsWith("-->", StringComparison.Ordinal) || line.TrimStart().StartsWith("<--", StringComparison.Ordinal))
            {
                current?.Add(line.Trim());
            }
        }

        return lines;
    }

    [GeneratedRegex(@"^    (?:Source|Processor|Sink): (?<name>\S+) \(")]
    private static partial Regex NodeLine();

    /// <summary>A generated name ends in the number of the operator.</summary>
    [GeneratedRegex(@"^(?<type>[A-Z][A-Z-]*[A-Z])-\d{10}")]
    private static partial Regex Generated();
}
