using StreamFlow.Processing;

namespace StreamFlow.Planning;

/// <summary>Makes the processor of an operator for one task.</summary>
/// <param name="name">Name of the node.</param>
/// <param name="task">The task.</param>
/// <param name="next">Where its records go.</param>
internal delegate Processor<TKey, TValue> OperatorFactory<TKey, TValue, TOutKey, TOutValue>(
    string name, TaskContext task, Processor<TOutKey, TOutValue> next);

/// <summary>An operator: takes records, hands on others.</summary>
internal sealed class OperatorNode<TKey, TValue, TOutKey, TOutValue> : InputNode<TKey, TValue>
{
    private readonly OperatorFactory<TKey, TValue, TOutKey, TOutValue> _factory;

    public OperatorNode(
        string name,
        IReadOnlyList<Output<TKey, TValue>> inputs,
        OperatorFactory<TKey, TValue, TOutKey, TOutValue> factory)
        : base(name, NodeKind.Processor, inputs)
    {
        _factory = factory;
        Output = new Output<TOutKey, TOutValue>(this);
    }

    public Output<TOutKey, TOutValue> Output { get; }

    public override string Detail =>
        $"stores: [{string.Join(", ", Stores.Select(store => store.Name).Order(StringComparer.Ordinal))}]";

    public override Processor<TKey, TValue> CreateProcessor(TaskLinker linker) =>
        _factory(Name, linker.Task, linker.Next(Output));
}
