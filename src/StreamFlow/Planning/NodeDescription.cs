using System.Diagnostics;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow.Planning;

/// <summary>What a node is, for those who print or partition the graph.</summary>
internal enum NodeKind
{
    Source,
    Processor,
    Sink,
}

/// <summary>A node of the description: what the user wrote, without anything that runs.</summary>
internal abstract class NodeDescription
{
    private readonly List<NodeDescription> _parents;
    private readonly List<StoreDescription> _stores = [];

    protected NodeDescription(string name, NodeKind kind, IEnumerable<NodeDescription> parents)
    {
        Name = name;
        Kind = kind;
        _parents = [.. parents];
    }

    public string Name { get; }

    public NodeKind Kind { get; }

    /// <summary>Position in the order the nodes were described in; a parent's is lower than its children's.</summary>
    public int Order { get; private set; } = -1;

    public IReadOnlyList<NodeDescription> Parents => _parents;

    /// <summary>The stores it reads and writes.</summary>
    public IReadOnlyList<StoreDescription> Stores
    {
        get => _stores;
        init => _stores = [.. value];
    }

    /// <summary>Nodes whose topics must have as many partitions as its own, because it meets their records by key.</summary>
    public IReadOnlyList<NodeDescription> CopartitionedWith { get; init; } = [];

    /// <summary>Whether it has results for records without a key.</summary>
    public bool TakesMissingKeys { get; init; }

    /// <summary>
    /// Whether a node that <see cref="TakesMissingKeys"/> is reached from here, also through a repartition topic; known
    /// when the topology is built.
    /// </summary>
    public bool LeadsMissingKeysOn { get; set; }

    /// <summary>Where it writes, when it is a sink.</summary>
    public virtual SinkTarget? Target => null;

    /// <summary>Puts the node in its place; called once, by the graph.</summary>
    public void Attach(int order)
    {
        Debug.Assert(Order < 0, "A node is attached once.");
        Order = order;
        Connect();
    }

    /// <summary>Gives the node a store that somebody further down turned out to need; called by the graph.</summary>
    public void Use(StoreDescription store) => _stores.Add(store);

    /// <summary>Finds the serdes; called when the topology is built, and again after a build that failed.</summary>
    public virtual void Bind(SerdeRegistry serdes)
    {
    }

    /// <summary>Makes the node's processors for one task, their children included.</summary>
    public abstract IEnumerable<Node> Create(TaskLinker linker);

    /// <summary>What stands in parentheses behind the name in Kafka's description.</summary>
    public abstract string Detail { get; }

    /// <summary>Enters the node among the children of its parents.</summary>
    protected virtual void Connect()
    {
    }
}

/// <summary>A node that takes records.</summary>
internal abstract class InputNode<TKey, TValue> : NodeDescription
{
    private readonly IReadOnlyList<Output<TKey, TValue>> _inputs;

    protected InputNode(string name, NodeKind kind, IReadOnlyList<Output<TKey, TValue>> inputs)
        : base(name, kind, inputs.Select(input => input.Owner)) => _inputs = inputs;

    public sealed override IEnumerable<Node> Create(TaskLinker linker) => [linker.Processor(this)];

    public abstract Processor<TKey, TValue> CreateProcessor(TaskLinker linker);

    protected override void Connect()
    {
        foreach (var input in _inputs)
        {
            input.Add(this);
        }
    }
}

/// <summary>Where the records of a node go: the nodes described to take them, in the order of their description.</summary>
internal sealed class Output<TKey, TValue>
{
    private readonly List<InputNode<TKey, TValue>> _targets = [];

    public Output(NodeDescription owner) => Owner = owner;

    public NodeDescription Owner { get; }

    public IReadOnlyList<InputNode<TKey, TValue>> Targets => _targets;

    public void Add(InputNode<TKey, TValue> target) => _targets.Add(target);
}

/// <summary>A store as described: its definition needs the serdes, which are found when the topology is built.</summary>
/// <param name="Name">Name of the store.</param>
/// <param name="Define">Makes the definition; called once.</param>
internal sealed record StoreDescription(string Name, Func<SerdeRegistry, StoreDefinition> Define);
