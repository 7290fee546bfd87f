using StreamFlow.Serialization;

namespace StreamFlow.Planning;

/// <summary>The nodes of one sub-topology, in the order of their description.</summary>
internal sealed record NodeGroup(int Id, IReadOnlyList<NodeDescription> Nodes);

/// <summary>Turns a description into a plan, one step per method.</summary>
internal static class TopologyPlanner
{
    public static Topology Plan(TopologyGraph graph)
    {
        if (graph.Nodes.Count == 0)
        {
            throw new TopologyException("The topology is empty: read a topic with builder.Stream(...) first.");
        }

        foreach (var node in graph.Nodes)
        {
            node.Bind(graph.Serdes);
        }

        MarkMissingKeys(graph.Nodes);
        var groups = Group(graph.Nodes);
        var subTopologies = groups.Select(group => PlanGroup(group, graph.Serdes)).ToArray();

        // Last: a missing serde leaves the builder open, so that it can be added.
        graph.Freeze();
        return new Topology(new TopologyPlan(subTopologies), groups);
    }

    /// <summary>Finds the ways to nodes that take records without a key, from the ends backwards.</summary>
    private static void MarkMissingKeys(IReadOnlyList<NodeDescription> nodes)
    {
        var writers = nodes.Where(node => node.Target?.Repartition is not null).ToDictionary(node => node.Target!.Topic!);
        foreach (var node in nodes.Reverse().Where(node => node.TakesMissingKeys || node.LeadsMissingKeysOn))
        {
            var before = node is SourceNode { SourceKind: SourceKind.Repartition } source
                ? source.Topics.Select(topic => writers[topic])
                : node.Parents;
            foreach (var next in before)
            {
                next.LeadsMissingKeysOn = true;
            }
        }
    }

    /// <summary>
    /// Connected components over links and shared stores, numbered in the order of their first nodes, as in Kafka
    /// Streams: the number is part of task ids, hence of state directories.
    /// </summary>
    private static NodeGroup[] Group(IReadOnlyList<NodeDescription> nodes)
    {
        var roots = Enumerable.Range(0, nodes.Count).ToArray();
        var storeOwners = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            foreach (var parent in node.Parents)
            {
                Join(roots, node.Order, parent.Order);
            }

            foreach (var store in node.Stores)
            {
                if (!storeOwners.TryAdd(store.Name, node.Order))
                {
                    Join(roots, node.Order, storeOwners[store.Name]);
                }
            }
        }

        return [.. nodes
            .GroupBy(node => Root(roots, node.Order))
            .Select((group, id) => new NodeGroup(id, [.. group]))];
    }

    private static SubTopology PlanGroup(NodeGroup group, SerdeRegistry serdes)
    {
        var targets = group.Nodes.Select(node => node.Target).OfType<SinkTarget>().ToArray();
        return new SubTopology
        {
            Id = group.Id,
            Sources = [.. group.Nodes.OfType<SourceNode>().SelectMany(source => source.SourceTopics)],
            RepartitionSinks = [.. targets.Select(target => target.Repartition).OfType<RepartitionTopic>().Distinct()],
            SinkTopics = [.. targets
                .Where(target => target.Repartition is null)
                .Select(target => target.Topic)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)],
            CopartitionGroups = [.. group.Nodes.Select(Copartitioned).Where(topics => topics.Topics.Count > 1)],
            Stores = [.. group.Nodes
                .SelectMany(node => node.Stores)
                .DistinctBy(store => store.Name)
                .Select(store => store.Define(serdes))],
            Build = task => new TaskLinker(task).Link(group.Nodes),
        };
    }

    /// <summary>The topics whose records meet by key in a node: those it gets records from, and those of its partners.</summary>
    private static CopartitionGroup Copartitioned(NodeDescription node)
    {
        if (node.CopartitionedWith.Count == 0)
        {
            return new CopartitionGroup([], node.Name);
        }

        var topics = new SortedSet<string>(StringComparer.Ordinal);
        var reached = new HashSet<NodeDescription>();
        var open = new Stack<NodeDescription>([node, .. node.CopartitionedWith]);
        while (open.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                topics.UnionWith(next is SourceNode source ? source.Topics : []);
                foreach (var parent in next.Parents)
                {
                    open.Push(parent);
                }
            }
        }

        return new CopartitionGroup([.. topics], node.Name);
    }

    private static void Join(int[] roots, int a, int b)
    {
        var (rootA, rootB) = (Root(roots, a), Root(roots, b));
        roots[Math.Max(rootA, rootB)] = Math.Min(rootA, rootB);
    }

    private static int Root(int[] roots, int node)
    {
        while (roots[node] != node)
        {
            node = roots[node];
        }

        return node;
    }
}
