using StreamFlow.State;

namespace StreamFlow;

/// <summary>
/// A topology as data, for tools that draw or check it: sub-topologies with their nodes, topics by their full names, and stores.
/// </summary>
/// <param name="SubTopologies">Parts that have tasks of their own, and the global ones.</param>
/// <param name="Text">The same as text, in the format of Kafka Streams: <see cref="Topology.Describe"/>.</param>
/// <param name="Mermaid">The same as a Mermaid flowchart: <see cref="Topology.ToMermaid"/>.</param>
public sealed record TopologyDescription(IReadOnlyList<SubTopologyDescription> SubTopologies, string Text, string Mermaid);

/// <summary>Nodes that belong together because records or stores connect them; a task is one partition of it.</summary>
/// <param name="Id">Its number, which task ids begin with.</param>
/// <param name="IsGlobal">Whether each instance does it for itself, over all partitions, without tasks.</param>
/// <param name="Nodes">Its sources, operators and sinks, in the order of their description.</param>
/// <param name="Stores">Its stores.</param>
public sealed record SubTopologyDescription(
    int Id, bool IsGlobal, IReadOnlyList<TopologyNode> Nodes, IReadOnlyList<TopologyStore> Stores);

/// <summary>What a node of a topology is.</summary>
public enum TopologyNodeKind
{
    /// <summary>It reads topics.</summary>
    Source,

    /// <summary>It takes records and hands on others: an operator, or a processor of the user's.</summary>
    Processor,

    /// <summary>It writes to a topic.</summary>
    Sink,
}

/// <summary>A node of a topology.</summary>
/// <param name="Name">Its name, given or generated.</param>
/// <param name="Kind">What it is.</param>
public sealed record TopologyNode(string Name, TopologyNodeKind Kind)
{
    /// <summary>The topics that it reads or writes; those that match a pattern are known once the application has started.</summary>
    /// <value>Empty for processors, and for sinks whose records choose their topic.</value>
    public IReadOnlyList<TopologyTopic> Topics { get; init; } = [];

    /// <summary>What the names of the topics are like that it reads.</summary>
    /// <value>Default: <see langword="null"/>, they are given.</value>
    public string? Pattern { get; init; }

    /// <summary>Names of the nodes that get its records.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Children { get; init; } = [];

    /// <summary>Names of the stores that it reads or writes.</summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Stores { get; init; } = [];
}

/// <summary>A topic of a topology.</summary>
/// <param name="Name">Its full name on the broker.</param>
/// <param name="IsInternal">Whether StreamFlow creates and owns it.</param>
public sealed record TopologyTopic(string Name, bool IsInternal);

/// <summary>A store of a topology.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it is read.</param>
/// <param name="IsPersistent">Whether its bytes are meant for the disk, where the application has a place for them.</param>
public sealed record TopologyStore(string Name, StoreKind Kind, bool IsPersistent)
{
    /// <summary>Full name of the topic that it is restored from: its changelog, or an input topic that serves as one.</summary>
    /// <value>Default: <see langword="null"/>, it is lost with its machine.</value>
    public string? ChangelogTopic { get; init; }

    /// <summary>Type of its keys; of a window or session store, that of the records' keys.</summary>
    /// <value>Default: <see langword="null"/>, a store of the user's own does not tell.</value>
    public Type? KeyType { get; init; }

    /// <summary>Type of its values.</summary>
    /// <value>Default: <see langword="null"/>, a store of the user's own does not tell.</value>
    public Type? ValueType { get; init; }
}
