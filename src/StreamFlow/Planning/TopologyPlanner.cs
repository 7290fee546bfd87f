using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>The nodes of one sub-topology, in the order of their description.</summary>
internal sealed record NodeGroup(int Id, IReadOnlyList<NodeDescription> Nodes)
{
    /// <summary>Whether each instance does it for itself, without tasks.</summary>
    public bool IsGlobal => Nodes.Any(node => node is SourceNode { SourceKind: SourceKind.Global });
}

/// <summary>A plan, and what it was made of.</summary>
internal sealed record PlannedTopology(TopologyPlan Plan, PlanGraph Graph, IReadOnlyList<NodeGroup> Groups);

/// <summary>Turns a description into a plan, one step per method.</summary>
internal static class TopologyPlanner
{
    public static Topology Plan(TopologyGraph description, TopologyOptions options)
    {
        var made = Make(description, options);

        // Last: a missing serde leaves the builder open, so that it can be added.
        description.Freeze();
        return new Topology(made);
    }

    /// <summary>The plan of what is described by now.</summary>
    public static PlannedTopology Make(TopologyGraph description, TopologyOptions options)
    {
        if (description.Nodes.Count == 0)
        {
            throw new TopologyException("The topology is empty: read a topic with builder.Stream(...) first.");
        }

        var graph = Rewrite(description, options);
        var groups = Group(graph);
        var subTopologies = groups.ToLookup(group => group.IsGlobal, group => PlanGroup(graph, group, description));
        var plan = new TopologyPlan([.. subTopologies[false]]) { Globals = [.. subTopologies[true]], Taps = description.Taps };
        InternalTopicLengths.Check(plan, string.Empty);
        if (options.EnsureExplicitNames)
        {
            ExplicitNames.Check(plan, description);
        }

        return new PlannedTopology(plan, graph, groups);
    }

    /// <summary>The graph as it runs, step by step.</summary>
    private static PlanGraph Rewrite(TopologyGraph description, TopologyOptions options)
    {
        var graph = new PlanGraph(description.Nodes, description.Stores);
        if (options.Optimization.HasFlag(TopologyOptimization.MergeRepartitionTopics))
        {
            MergeRepartitionsStep.Run(graph);
        }

        if (options.Optimization.HasFlag(TopologyOptimization.SelfJoin))
        {
            SelfJoinStep.Run(graph);
        }

        RowsStep.Run(graph);
        MissingKeysStep.Run(graph);
        ExpandRepartitionsStep.Run(graph);
        foreach (var node in graph.Nodes)
        {
            node.Bind(description.Serdes);
        }

        if (options.Optimization.HasFlag(TopologyOptimization.ReuseKTableSourceTopics))
        {
            ReuseSourceTopicsStep.Run(graph);
        }

        if (options.ProcessorWrapper is { } wrapper)
        {
            WrapStep.Run(graph, wrapper);
        }

        LentRowsStep.Run(graph);

        return graph;
    }

    /// <summary>
    /// Connected components over links and shared stores, numbered in the order of their first nodes, as in Kafka
    /// Streams: the number is part of task ids, hence of state directories.
    /// </summary>
    private static NodeGroup[] Group(PlanGraph graph)
    {
        var nodes = graph.Nodes;
        var positions = nodes.Select((node, position) => (node, position)).ToDictionary(n => n.node, n => n.position);
        var roots = Enumerable.Range(0, nodes.Count).ToArray();
        var storeOwners = new Dictionary<StoreBuilder, int>();
        for (var i = 0; i < nodes.Count; i++)
        {
            foreach (var parent in graph.ParentsOf(nodes[i]))
            {
                Join(roots, i, positions[parent]);
            }

            foreach (var store in graph.StoresOf(nodes[i]))
            {
                if (!storeOwners.TryAdd(store, i))
                {
                    Join(roots, i, storeOwners[store]);
                }
            }
        }

        return [.. nodes
            .GroupBy(node => Root(roots, positions[node]))
            .Select((group, id) => new NodeGroup(id, [.. group]))];
    }

    private static SubTopology PlanGroup(PlanGraph graph, NodeGroup group, TopologyGraph description)
    {
        var targets = group.Nodes.Select(node => node.Target).OfType<SinkTarget>().ToArray();
        return new SubTopology
        {
            Id = group.Id,
            Sources = [.. group.Nodes.OfType<SourceNode>().SelectMany(source => source.SourceTopics)],
            Patterns = [.. group.Nodes.OfType<SourceNode>()
                .Where(source => source.Pattern is not null)
                .Select(source => new PatternSource(source.Name, source.Pattern!, source.OffsetReset) { KeySuffix = source.KeySuffix })],
            RepartitionSinks = [.. targets.Select(target => target.Repartition).OfType<RepartitionTopic>().Distinct()],
            SinkTopics = [.. targets
                .Where(target => target.Repartition is null)
                .Select(target => target.Topic)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)],
            HasChosenTopics = targets.Any(target => target is { Topic: null, Repartition: null }),
            CopartitionGroups = [.. group.Nodes
                .Select(node => Copartitioned(graph, node))
                .Where(topics => topics.Topics.Count > 1 || topics.PatternNodes.Count > 0)],
            Stores = [.. StoresOf(graph, group, description).Select(store => group.IsGlobal ? store with { IsLogged = false } : store)],
            Build = task => new TaskLinker(task, graph).Link(group.Nodes),
        };
    }

    /// <summary>First those of tables, in topological order; the others hand nothing on when they are flushed.</summary>
    private static IEnumerable<StoreDefinition> StoresOf(PlanGraph graph, NodeGroup group, TopologyGraph description)
    {
        var kept = group.Nodes.Where(graph.KeepsRows).DistinctBy(node => node.Rows!.Store).ToList();
        foreach (var node in kept)
        {
            var store = node.Rows!.Store;
            yield return Define(store, store.LoggingEnabled ? graph.FactsOf(node).Source : null, description) with
            {
                RowsOf = InputOf(graph, node),
            };
        }

        foreach (var store in group.Nodes.SelectMany(graph.StoresOf).Distinct().Except(kept.Select(node => node.Rows!.Store)))
        {
            yield return Define(store, SourceOf(store, description), description);
        }
    }

    private static string? InputOf(PlanGraph graph, NodeDescription node) =>
        graph.ParentsOf(node).ToList() is [SourceNode { Pattern: null, Topics: [var topic] } source]
            && source.SourceKind is not (SourceKind.Repartition or SourceKind.Global)
            && (source.OffsetReset is null || source.OffsetReset == OffsetResetPolicy.Earliest)
            ? topic
            : null;

    private static SourceChangelog? SourceOf(StoreBuilder store, TopologyGraph description)
    {
        var source = description.Stores.SourceOf(store);
        return source is null ? null : source.AsChangelog ?? throw new TopologyException(
            $"Store '{store.Name}' cannot be restored from the topic of {source.Name}: its rows would not be what the topic says. "
            + "Read it from the earliest record on, with the records' own times, and with serdes that do not look at their context.");
    }

    private static StoreDefinition Define(StoreBuilder store, SourceChangelog? source, TopologyGraph description)
    {
        var definition = new StoreDefinition
        {
            Name = store.Name,
            IsPersistent = (store.StoreType ?? description.DefaultStoreType) == StoreType.Persistent,
            IsLogged = store.LoggingEnabled && source is null,
            Source = source,
            Contents = store.Contents,
            ChangelogConfigs = InternalTopics.ChangelogConfigs(store.Expires, store.TopicConfigs, store.NeededConfigs),
            Create = topic => store.Create(new StoreSetup(store.Name, topic, description.Serdes)),
        };

        // What is missing is told now, not by a task.
        definition.Create(definition.ChangelogTopic);
        return definition with
        {
            Shape = store.Describe(new StoreSetup(store.Name, definition.ChangelogTopic, description.Serdes)),
        };
    }

    /// <summary>
    /// The topics whose records meet by key in a node: those it gets records from, and those of its partners. One that keeps
    /// rows without a partner relies on it no less: with several topics of different counts a key would have two rows.
    /// </summary>
    private static CopartitionGroup Copartitioned(PlanGraph graph, NodeDescription node)
    {
        if (node.CopartitionedWith.Count == 0 && !graph.KeepsRows(node))
        {
            return new CopartitionGroup([], node.Name);
        }

        var topics = new SortedSet<string>(StringComparer.Ordinal);
        var patterns = new List<string>();
        var reached = new HashSet<NodeDescription>();
        var open = new Stack<NodeDescription>([node, .. node.CopartitionedWith]);
        while (open.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                if (next is SourceNode source)
                {
                    topics.UnionWith(source.Topics);
                    patterns.AddRange(source.Pattern is null ? [] : [source.Name]);
                }

                foreach (var parent in graph.ParentsOf(next))
                {
                    open.Push(parent);
                }
            }
        }

        return new CopartitionGroup([.. topics], node.Name) { PatternNodes = patterns };
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
