using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string ProcessorPrefix = "KSTREAM-PROCESSOR-";
    private const string ProcessValuesPrefix = "KSTREAM-PROCESSVALUES-";

    /// <summary>
    /// Sends the records through a processor of your own, which has state stores, punctuations and the record's metadata, and
    /// forwards what it likes. Keys may change, so a later grouping or join sends records through a repartition topic; where
    /// they stay, <see cref="ProcessValues{TOutValue}"/> avoids that.
    /// </summary>
    /// <typeparam name="TOutKey">Type of the keys forwarded.</typeparam>
    /// <typeparam name="TOutValue">Type of the values forwarded.</typeparam>
    /// <param name="supplier">Makes the processor: a new one at each call, for each task has one.</param>
    /// <param name="options">Name and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>What the processor forwards.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">A name is none, or taken.</exception>
    /// <example><code>orders.Process(() => new Deduplicate(), new() { StoreNames = ["seen"] }).To("first-orders")</code></example>
    public KStream<TOutKey, TOutValue> Process<TOutKey, TOutValue>(
        ProcessorSupplier<TKey, TValue, TOutKey, TOutValue> supplier, ProcessorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        var output = AddProcessor(supplier, options, ProcessorPrefix, keepsKeys: false);
        return new KStream<TOutKey, TOutValue>(
            _graph, output, SerdeSource<TOutKey>.Registered, SerdeSource<TOutValue>.Registered, repartitionRequired: true);
    }

    /// <summary>
    /// Sends the records through a processor of your own that cannot change keys; else as
    /// <see cref="Process{TOutKey, TOutValue}"/>.
    /// </summary>
    /// <typeparam name="TOutValue">Type of the values forwarded.</typeparam>
    /// <param name="supplier">Makes the processor: a new one at each call, for each task has one.</param>
    /// <param name="options">Name and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>What the processor forwards.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">A name is none, or taken.</exception>
    /// <example><code>orders.ProcessValues(() => new Enrich()).GroupByKey().Count()</code></example>
    public KStream<TKey, TOutValue> ProcessValues<TOutValue>(
        FixedKeyProcessorSupplier<TKey, TValue, TOutValue> supplier, ProcessorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        ProcessorSupplier<TKey, TValue, TKey, TOutValue> adapted =
            () => new FixedKeyAdapter<TKey, TValue, TOutValue>(supplier());
        var output = AddProcessor(adapted, options, ProcessValuesPrefix, keepsKeys: true);
        return new KStream<TKey, TOutValue>(
            _graph, output, _keys, SerdeSource<TOutValue>.Registered, _repartitionRequired);
    }

    private Output<TOutKey, TOutValue> AddProcessor<TOutKey, TOutValue>(
        ProcessorSupplier<TKey, TValue, TOutKey, TOutValue> supplier, ProcessorOptions? options, string prefix, bool keepsKeys)
    {
        // Kafka Streams uses no number up where the processor has a name.
        var name = options?.Name is { } given ? ResourceName.Check(given) : _graph.NodeName(null, prefix);
        var node = new ProcessorNode<TKey, TValue, TOutKey, TOutValue>(name, [_output], supplier)
        {
            ChangesKey = !keepsKeys,
            ChangesValue = true,
        };
        _graph.Add(node);
        _graph.Connect(name, options);
        return node.Output;
    }
}
