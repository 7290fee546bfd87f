using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>What a node is, for those who print or partition the graph.</summary>
internal enum NodeKind
{
    Source,
    Processor,
    Sink,
}

/// <summary>
/// A node of the description: what the user wrote, and what the planner must know of it, without anything that runs. It never
/// changes; how nodes are linked in the end is the business of <see cref="PlanGraph"/>.
/// </summary>
internal abstract class NodeDescription
{
    protected NodeDescription(string name, NodeKind kind, IReadOnlyList<Output> inputs)
    {
        Name = name;
        Kind = kind;
        Inputs = inputs;
    }

    public string Name { get; }

    public NodeKind Kind { get; }

    /// <summary>The names it takes up: its own, or those of the nodes it becomes in the plan.</summary>
    public virtual IEnumerable<string> Names => [Name];

    /// <summary>What it takes its records from, as described.</summary>
    public IReadOnlyList<Output> Inputs { get; }

    /// <summary>Its ways out; several where it decides which records go where.</summary>
    public abstract IReadOnlyList<Output> Outputs { get; }

    /// <summary>Whether its records may have other keys than those it took.</summary>
    public bool ChangesKey { get; init; }

    /// <summary>Whether its records may have other values than those it took.</summary>
    public bool ChangesValue { get; init; }

    /// <summary>The rows of a table that it makes, where it can keep them.</summary>
    public RowsDescription? Rows { get; init; }

    /// <summary>The nodes of the tables in which it looks rows up.</summary>
    public IReadOnlyList<NodeDescription> LooksUp { get; init; } = [];

    /// <summary>Whether it looks rows up as they were told last, not as they are.</summary>
    public bool LooksUpTold { get; init; }

    /// <summary>Whether it wants the updates of the tables that it takes with the value before.</summary>
    public OldValueDemand OldValues { get; init; }

    /// <summary>
    /// The tables that are asked for the value before whenever this one is, although it keeps rows: both sides of a join, as in Kafka
    /// Streams, where it shows in what those hand to others.
    /// </summary>
    public IReadOnlyList<NodeDescription> AsksToo { get; init; } = [];

    /// <summary>When the windows of the rows that it makes are closed; null where they have none, or none of its own.</summary>
    public WindowClosing? Closing { get; init; }

    /// <summary>Nodes whose topics must have as many partitions as its own, because it meets their records by key.</summary>
    public IReadOnlyList<NodeDescription> CopartitionedWith { get; init; } = [];

    /// <summary>Whether it has results for records without a key.</summary>
    public bool TakesMissingKeys { get; init; }

    /// <summary>What can take its place, and that of others, where both sides of a join are one stream.</summary>
    public SelfJoinDescription? SelfJoin { get; init; }

    /// <summary>Where it writes, when it is a sink.</summary>
    public virtual SinkTarget? Target => null;

    /// <summary>Finds the serdes; called when the topology is built, and again after a build that failed.</summary>
    public virtual void Bind(SerdeRegistry serdes)
    {
    }

    /// <summary>Asks a wrapper about its processors.</summary>
    /// <returns>A <see cref="ProcessorWrapperSupplier{TKey, TValue}"/> of the types it takes, or null.</returns>
    public virtual Delegate? AskFor(IProcessorWrapper wrapper, WrappedProcessor asked) => null;

    /// <summary>Makes the node's processors for one task, their children included.</summary>
    public abstract IEnumerable<Node> Create(TaskLinker linker);

    /// <summary>What stands in parentheses behind the name in Kafka's description.</summary>
    /// <param name="stores">The stores it reads and writes in the end.</param>
    public abstract string Detail(IEnumerable<StoreBuilder> stores);
}

/// <summary>A node that takes records.</summary>
internal abstract class InputNode<TKey, TValue> : NodeDescription
{
    protected InputNode(string name, NodeKind kind, IReadOnlyList<Output<TKey, TValue>> inputs)
        : base(name, kind, inputs)
    {
    }

    public sealed override IEnumerable<Node> Create(TaskLinker linker) => [linker.Processor(this)];

    public sealed override Delegate? AskFor(IProcessorWrapper wrapper, WrappedProcessor asked) => wrapper.Wrap<TKey, TValue>(asked);

    public abstract Processor<TKey, TValue> CreateProcessor(TaskLinker linker);
}

/// <summary>A way out of a node. Its records go to each node that has it among its inputs.</summary>
/// <param name="owner">The node.</param>
internal abstract class Output(NodeDescription owner)
{
    public NodeDescription Owner { get; } = owner;

    /// <summary>Types of keys and values, for messages.</summary>
    public abstract string Types { get; }
}

/// <summary>A way out whose types are known.</summary>
internal sealed class Output<TKey, TValue>(NodeDescription owner) : Output(owner)
{
    public override string Types => $"{typeof(TKey)} and {typeof(TValue)}";
}

/// <summary>When windows are closed.</summary>
/// <param name="DelayMs">How long after its end, in event time, a window takes no more records, in milliseconds.</param>
internal abstract record WindowClosing(long DelayMs);

/// <summary>When the windows are closed that the keys of rows have.</summary>
/// <param name="DelayMs">How long after its end, in event time, a window takes no more records, in milliseconds.</param>
/// <param name="EndOf">The end of the window of a key.</param>
internal sealed record WindowClosing<TKey>(long DelayMs, Func<TKey, long> EndOf) : WindowClosing(DelayMs);

/// <summary>The rows that a node keeps in a store.</summary>
/// <param name="Store">The store.</param>
/// <param name="OnDemand">Whether they are kept only if somebody looks them up.</param>
/// <param name="IsAsRead">Whether the store has the same bytes as the topic that the rows are read from.</param>
/// <param name="IsPart">Whether those that are not in the store are where the table before keeps them.</param>
internal sealed record RowsDescription(StoreBuilder Store, bool OnDemand, bool IsAsRead = false, bool IsPart = false)
{
    /// <summary>Whether a function of the user's is given the rows, and may change the very object that it gives back.</summary>
    public bool AreChanged { get; init; }

    /// <summary>
    /// Whether they are safe from changes of the rows that they come from: they are copies, or every change replaces them.
    /// </summary>
    public bool AreSafe { get; init; }
}

/// <summary>A join of two streams, for the case that they turn out to be one.</summary>
/// <param name="Left">Keeps the left side's records.</param>
/// <param name="Right">Keeps the right side's records.</param>
/// <param name="Sides">Meet the records of each side with those of the other.</param>
/// <param name="Single">Describes the one node that does both, behind the left side.</param>
internal sealed record SelfJoinDescription(
    NodeDescription Left, NodeDescription Right, IReadOnlyList<NodeDescription> Sides, Func<NodeDescription> Single);

/// <summary>Whether a node wants the updates of the tables that it takes with the value before.</summary>
internal enum OldValueDemand
{
    None,

    /// <summary>
    /// Where the rows are kept anyway, by what was described before it, as in Kafka Streams. Tables in between that did
    /// without the value know it then too.
    /// </summary>
    IfKept,

    /// <summary>Always: rows are kept for it if need be.</summary>
    Always,
}
