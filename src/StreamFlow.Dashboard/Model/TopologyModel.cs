namespace StreamFlow.Dashboard;

/// <summary>A topology as a graph.</summary>
internal sealed record TopologyModel(
    IReadOnlyList<SubTopologyModel> Subtopologies, IReadOnlyList<NodeModel> Nodes, IReadOnlyList<EdgeModel> Edges,
    string Describe, string Mermaid);

/// <summary>A sub-topology: a frame round its nodes.</summary>
internal sealed record SubTopologyModel(int Id, string Name, bool IsGlobal);

/// <summary>A topic, source, operator, sink or store.</summary>
internal sealed record NodeModel(string Id, string Kind, string Name)
{
    /// <summary>Whether its name was given in code, not generated.</summary>
    public required bool IsNamed { get; init; }

    public bool IsInternal { get; init; }

    public int? Subtopology { get; init; }

    /// <summary>What kind of operator it is, where its generated name tells.</summary>
    public string? Type { get; init; }

    public string? Topic { get; init; }

    public NodeStoreModel? Store { get; init; }

    /// <summary>Its lines of <c>Describe()</c>.</summary>
    public IReadOnlyList<string> Describe { get; init; } = [];
}

/// <summary>What a node that is a store is.</summary>
internal sealed record NodeStoreModel(string Kind, bool Persistent, string? ChangelogTopic);

/// <summary>Where records go, or which store is read and written.</summary>
internal sealed record EdgeModel(string Id, string From, string To, string Kind);

/// <summary>What is counted at the nodes and edges of the graph, by their ids.</summary>
internal sealed record FiguresModel(
    DateTimeOffset At, IReadOnlyDictionary<string, NodeFiguresModel> Nodes, IReadOnlyDictionary<string, EdgeFiguresModel> Edges);

/// <summary>What is counted at a node.</summary>
internal sealed record NodeFiguresModel
{
    public double? PerSecond { get; init; }

    public long? Total { get; init; }

    public long? Lag { get; init; }

    public long Late { get; init; }

    public long Dropped { get; init; }

    public long Errors { get; init; }

    public double? P99Seconds { get; init; }

    public string? LastError { get; init; }
}

/// <summary>What goes over an edge; null where the engine does not count it.</summary>
internal sealed record EdgeFiguresModel(double? PerSecond);
