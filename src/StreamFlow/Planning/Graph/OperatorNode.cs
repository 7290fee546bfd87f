using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>Makes the processor of an operator for one task.</summary>
/// <param name="name">Name of the node.</param>
/// <param name="task">The task.</param>
/// <param name="next">Where its records go.</param>
internal delegate Processor<TKey, TValue> OperatorFactory<TKey, TValue, TOutKey, TOutValue>(
    string name, TaskContext task, Processor<TOutKey, TOutValue> next);

/// <summary>Makes the processor of an operator that depends on what the planner found out.</summary>
/// <param name="setup">The node in its task.</param>
/// <param name="next">Where its records go.</param>
internal delegate Processor<TKey, TValue> PlannedFactory<TKey, TValue, TOutKey, TOutValue>(
    NodeSetup setup, Processor<TOutKey, TOutValue> next);

/// <summary>What a node is made with in a task.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Task">The task.</param>
/// <param name="Facts">What the planner found out about it.</param>
/// <param name="Stores">Names of the stores that it reads and writes, looked up when they are asked for.</param>
internal sealed record NodeSetup(string Name, TaskContext Task, NodeFacts Facts, Func<IReadOnlyCollection<string>> Stores);

/// <summary>An operator: takes records, hands on others.</summary>
internal sealed class OperatorNode<TKey, TValue, TOutKey, TOutValue> : InputNode<TKey, TValue>
{
    private readonly PlannedFactory<TKey, TValue, TOutKey, TOutValue> _factory;

    public OperatorNode(
        string name,
        IReadOnlyList<Output<TKey, TValue>> inputs,
        OperatorFactory<TKey, TValue, TOutKey, TOutValue> factory)
        : this(name, inputs, (NodeSetup setup, Processor<TOutKey, TOutValue> next) => factory(setup.Name, setup.Task, next))
    {
    }

    public OperatorNode(
        string name,
        IReadOnlyList<Output<TKey, TValue>> inputs,
        PlannedFactory<TKey, TValue, TOutKey, TOutValue> factory)
        : base(name, NodeKind.Processor, inputs)
    {
        _factory = factory;
        Output = new Output<TOutKey, TOutValue>(this);
        Outputs = [Output];
    }

    public Output<TOutKey, TOutValue> Output { get; }

    public override IReadOnlyList<Output> Outputs { get; }

    /// <summary>Finds the serdes that its processors use themselves; null where they use none.</summary>
    public Action<SerdeRegistry>? Binding { get; init; }

    public override void Bind(SerdeRegistry serdes) => Binding?.Invoke(serdes);

    public override string Detail(IEnumerable<StoreBuilder> stores) =>
        $"stores: [{string.Join(", ", stores.Select(store => store.Name).Order(StringComparer.Ordinal))}]";

    public override Processor<TKey, TValue> CreateProcessor(TaskLinker linker) =>
        _factory(
            new NodeSetup(Name, linker.Task, linker.FactsOf(this), () => linker.StoresOf(this)), linker.Next(Output));
}
