using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Planning;

/// <summary>A processor of the user's.</summary>
internal sealed class ProcessorNode<TKey, TValue, TOutKey, TOutValue> : InputNode<TKey, TValue>
{
    private readonly ProcessorSupplier<TKey, TValue, TOutKey, TOutValue> _supplier;

    public ProcessorNode(
        string name, IReadOnlyList<Output<TKey, TValue>> inputs, ProcessorSupplier<TKey, TValue, TOutKey, TOutValue> supplier)
        : base(name, NodeKind.Processor, inputs)
    {
        _supplier = supplier;
        Output = new Output<TOutKey, TOutValue>(this);
        Outputs = [Output];
    }

    public Output<TOutKey, TOutValue> Output { get; }

    public override IReadOnlyList<Output> Outputs { get; }

    public override string Detail(IEnumerable<StoreBuilder> stores) =>
        $"stores: [{string.Join(", ", stores.Select(store => store.Name).Order(StringComparer.Ordinal))}]";

    public override Processor<TKey, TValue> CreateProcessor(TaskLinker linker) =>
        new ProcessorRunner<TKey, TValue, TOutKey, TOutValue>(
            Name,
            linker.Task,
            _supplier() ?? throw Nothing(Name),
            new ProcessorStores(linker.StoresOf(this), linker.GlobalStores),
            linker.Next(Output),
            linker.Children(Output));

    private static StreamsException Nothing(string name) =>
        new($"The supplier of processor {name} has made nothing. It must make a new processor at each call.");
}

/// <summary>Checks of what makes processors.</summary>
internal static class Suppliers
{
    /// <summary>Every task needs a processor of its own, so what is made twice must be two.</summary>
    /// <exception cref="ArgumentException">The supplier makes nothing, or the same thing again.</exception>
    public static void Check<T>(Func<T> supplier)
        where T : class
    {
        var (first, second) = (supplier(), supplier());
        if (first is null || ReferenceEquals(first, second))
        {
            throw new ArgumentException(
                $"The supplier makes {(first is null ? "nothing" : $"the same {first.GetType().Name} again")}. It must make a new "
                + "processor at each call, because each task has one of its own: () => new MyProcessor().",
                nameof(supplier));
        }
    }
}
