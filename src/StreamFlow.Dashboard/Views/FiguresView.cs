namespace StreamFlow.Dashboard;

/// <summary>Makes the figures of the graph's nodes and edges.</summary>
internal static class FiguresView
{
    private static readonly HashSet<string> Late = ["late", "expired"];
    private static readonly HashSet<string> Errors = ["deserialization", "processing", "production", "dead_letter"];

    public static FiguresModel Of(HostedView view, StreamsStatus status)
    {
        var collection = view.Collection;
        var nodes = new Dictionary<string, NodeFiguresModel>(StringComparer.Ordinal);
        var edges = new Dictionary<string, EdgeFiguresModel>(StringComparer.Ordinal);
        foreach (var node in collection.Graph.Topology.SubTopologies.SelectMany(s => s.Nodes))
        {
            nodes[node.Name] = Of(collection, node);
        }

        foreach (var failure in status.Failures.Where(f => nodes.ContainsKey(f.Operator)))
        {
            nodes[failure.Operator] = nodes[failure.Operator] with { LastError = Text(failure) };
        }

        AddTopics(collection, nodes, edges);
        AddInner(collection, nodes, edges);
        return new FiguresModel(view.Time.GetUtcNow(), nodes, edges);
    }

    private static NodeFiguresModel Of(Collection collection, TopologyNode node)
    {
        var dropped = collection.Counted(InstrumentNames.Dropped).Where(d => d.Tags.Operator == node.Name).ToList();
        var figures = new NodeFiguresModel
        {
            Late = dropped.Where(d => Late.Contains(d.Tags.What ?? string.Empty)).Sum(d => d.Count),
            Errors = dropped.Where(d => Errors.Contains(d.Tags.What ?? string.Empty)).Sum(d => d.Count),
            Dropped = dropped.Sum(d => d.Count),
        };
        if (node.Kind == TopologyNodeKind.Processor)
        {
            return figures;
        }

        var isSink = node.Kind == TopologyNodeKind.Sink;
        var counted = (isSink ? collection.Produced : collection.Consumed).Where(c => c.Key.Node == node.Name).ToList();
        var lags = collection.Lags.Where(l => l.Tags.Operator == node.Name).ToList();
        return figures with
        {
            PerSecond = Rate(collection, counted.Select(c => c.Key)),
            Total = (long)counted.Sum(c => c.Value),
            Lag = lags.Count == 0 ? null : (long)lags.Sum(l => l.Value),
            P99Seconds = collection.Latencies.GetValueOrDefault((isSink, node.Name))?.Quantile(0.99),
        };
    }

    private static string Text(RecordFailure failure) => failure.Position is { } position
        ? $"{failure.At:O} {failure.Stage} of {position}: {failure.Error}"
        : $"{failure.At:O} {failure.Stage}: {failure.Error}";

    /// <summary>A topic shows what is read of it here, or, where nothing is, what is written to it.</summary>
    private static void AddTopics(
        Collection collection, Dictionary<string, NodeFiguresModel> nodes, Dictionary<string, EdgeFiguresModel> edges)
    {
        var described = collection.Graph.Topology.SubTopologies.SelectMany(s => s.Nodes).ToList();
        foreach (var topic in described.SelectMany(n => n.Topics).Select(t => t.Name).Distinct(StringComparer.Ordinal))
        {
            var readers = described.Where(n => n.Kind == TopologyNodeKind.Source && n.Topics.Any(t => t.Name == topic)).ToList();
            var writers = described.Where(n => n.Kind == TopologyNodeKind.Sink && n.Topics.Any(t => t.Name == topic)).ToList();
            var counted = (readers.Count > 0 ? collection.Consumed : collection.Produced)
                .Where(c => c.Key.Topic == topic || writers.Exists(w => w.Name == c.Key.Node)).ToList();
            var lags = collection.Lags.Where(l => l.Tags.Topic == topic).ToList();
            nodes[TopologyView.TopicId(topic)] = new NodeFiguresModel
            {
                PerSecond = Rate(collection, counted.Select(c => c.Key)),
                Total = (long)counted.Sum(c => c.Value),
                Lag = lags.Count == 0 ? null : (long)lags.Sum(l => l.Value),
            };
            foreach (var reader in readers)
            {
                edges[TopologyView.EdgeId(TopologyView.TopicId(topic), reader.Name)] =
                    new EdgeFiguresModel(collection.RateOf(new NodeTopic(reader.Name, topic)));
            }

            foreach (var writer in writers)
            {
                edges[TopologyView.EdgeId(writer.Name, TopologyView.TopicId(topic))] = new EdgeFiguresModel(nodes[writer.Name].PerSecond);
            }
        }
    }

    /// <summary>
    /// Hops from operator to operator are not counted. What leaves a source, and what reaches a sink that has one parent, is known all
    /// the same.
    /// </summary>
    private static void AddInner(
        Collection collection, Dictionary<string, NodeFiguresModel> nodes, Dictionary<string, EdgeFiguresModel> edges)
    {
        foreach (var part in collection.Graph.Topology.SubTopologies)
        {
            var parents = part.Nodes.SelectMany(n => n.Children).GroupBy(c => c, StringComparer.Ordinal)
                .ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
            var sinks = part.Nodes.Where(n => n.Kind == TopologyNodeKind.Sink).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var node in part.Nodes)
            {
                foreach (var child in node.Children)
                {
                    edges[TopologyView.EdgeId(node.Name, child)] = new EdgeFiguresModel(
                        node.Kind == TopologyNodeKind.Source && nodes[node.Name].Dropped == 0 ? nodes[node.Name].PerSecond
                        : sinks.Contains(child) && parents[child] == 1 ? nodes[child].PerSecond
                        : null);
                }

                foreach (var store in node.Stores)
                {
                    edges[TopologyView.EdgeId(node.Name, TopologyView.StoreId(store))] = new EdgeFiguresModel(null);
                }
            }
        }
    }

    private static double? Rate(Collection collection, IEnumerable<NodeTopic> of)
    {
        var rates = of.Select(collection.RateOf).OfType<double>().ToList();
        return rates.Count == 0 ? null : rates.Sum();
    }
}
