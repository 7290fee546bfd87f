using StreamFlow.State;

namespace StreamFlow;

/// <summary>
/// Is asked about each processor of a topology when it is built, operators of streams and tables included, and may put code of
/// yours round it: to measure, to trace, to guard, to keep more state (Kafka's <c>ProcessorWrapper</c>). Set it as
/// <c>TopologyOptions.ProcessorWrapper</c>. Sources, sinks and what fills global tables are not asked about.
/// </summary>
/// <example><code>
/// sealed class Measured : IProcessorWrapper
/// {
///     public ProcessorWrapperSupplier&lt;TKey, TValue&gt;? Wrap&lt;TKey, TValue&gt;(WrappedProcessor processor) =>
///         processor.StoreNames.Count == 0 ? null : () => new Timer&lt;TKey, TValue&gt;(processor.Name);
/// }
/// </code></example>
public interface IProcessorWrapper
{
    /// <summary>Called once for each processor, in the order of their description. Must not depend on anything but what it is given.</summary>
    /// <typeparam name="TKey">Type of the keys that the processor takes.</typeparam>
    /// <typeparam name="TValue">Type of the values; behind tables these are their updates, which have no public members.</typeparam>
    /// <param name="processor">The processor.</param>
    /// <returns>
    /// Makes what stands round it: a new one at each call, for each task has one. <see langword="null"/> leaves the processor as it is, at
    /// no cost.
    /// </returns>
    ProcessorWrapperSupplier<TKey, TValue>? Wrap<TKey, TValue>(WrappedProcessor processor);
}

/// <summary>A processor that a wrapper is asked about.</summary>
public sealed class WrappedProcessor
{
    internal WrappedProcessor(string name, bool keepsKeys, IReadOnlyList<string> storeNames)
    {
        Name = name;
        KeepsKeys = keepsKeys;
        StoreNames = storeNames;
    }

    /// <summary>Its name, as <c>Describe()</c> has it.</summary>
    public string Name { get; }

    /// <summary>Whether what it hands on has the keys of what it took, so that no repartition topic is needed behind it.</summary>
    public bool KeepsKeys { get; }

    /// <summary>Names of the stores that it reads and writes, in ordinal order.</summary>
    public IReadOnlyList<string> StoreNames { get; }

    internal List<StoreBuilder> Added { get; } = [];

    /// <summary>
    /// Connects a store of the wrapper's to the processor. The same builder may be given to several processors, which are in one
    /// sub-topology then.
    /// </summary>
    /// <param name="store">What it is.</param>
    public void AddStore(StoreBuilder store)
    {
        ArgumentNullException.ThrowIfNull(store);
        Added.Add(store);
    }
}
