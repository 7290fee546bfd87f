using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class StreamsBuilder
{
    /// <summary>
    /// Adds a store that each instance of the application fills for itself, from all partitions of a topic, by a processor of your own.
    /// It is complete before the first task starts, and kept current by a thread of its own from then on. There is no
    /// changelog, whatever its builder says: at a start without local data the processor is given the topic again. Every
    /// processor may read the store by its name, without being connected, as <see cref="IReadOnlyKeyValueStore{TKey, TValue}"/> and
    /// its like; only its own one writes it. What that one forwards goes nowhere.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys of the topic.</typeparam>
    /// <typeparam name="TValue">Type of the values of the topic.</typeparam>
    /// <typeparam name="TOutKey">Type of the keys that the processor could forward.</typeparam>
    /// <typeparam name="TOutValue">Type of the values that the processor could forward.</typeparam>
    /// <param name="store">Describes the store.</param>
    /// <param name="topic">Name of the topic; it must exist when the application starts, and keep the latest record of each key.</param>
    /// <param name="supplier">Makes the processor: a new one at each call.</param>
    /// <param name="consumed">
    /// Name and serdes, or <see langword="null"/> for defaults; the topic is always read from its beginning, with the records' own times.
    /// </param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same processor again.</exception>
    /// <exception cref="TopologyException">The topic is read already, only from its end, or with a timestamp extractor.</exception>
    /// <example><code>builder.AddGlobalStore(new KeyValueStoreBuilder&lt;string, Rate&gt;("rates"), "rates", () => new KeepBestRate())</code></example>
    public StreamsBuilder AddGlobalStore<TKey, TValue, TOutKey, TOutValue>(
        StoreBuilder store, string topic, ProcessorSupplier<TKey, TValue, TOutKey, TOutValue> supplier,
        Consumed<TKey, TValue>? consumed = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        consumed ??= new Consumed<TKey, TValue>();
        GlobalSource.Check(topic, consumed);
        var (source, name) = AddGlobalSource(topic, consumed, consumed.Name);
        _graph.Add(new ProcessorNode<TKey, TValue, TOutKey, TOutValue>(name, [source.Output], supplier)
        {
            Rows = new RowsDescription(store, OnDemand: false),
        });
        return this;
    }

    /// <summary>
    /// Reads a topic as a global table: each instance of the application keeps a full copy of its rows, from all partitions. It is
    /// complete before the first task starts, and kept current by a thread of its own from then on. Each record is the new row of
    /// its key, one without a value deletes the row, and records without a key are dropped and counted. There is no changelog: rows
    /// are restored from the topic, so it must keep them (<c>cleanup.policy=compact</c>).
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the rows.</typeparam>
    /// <param name="topic">Name of the topic; it must exist when the application starts.</param>
    /// <param name="consumed">
    /// Name and serdes, or <see langword="null"/> for defaults; the topic is always read from its beginning, with the records' own times.
    /// </param>
    /// <param name="materialized">
    /// Name, serdes and type of the store, or <see langword="null"/> for defaults; the rest is for other tables.
    /// </param>
    /// <returns>The table, to join streams with.</returns>
    /// <exception cref="TopologyException">The topic is read already, only from its end, or with a timestamp extractor.</exception>
    /// <example><code>var products = builder.GlobalTable&lt;string, Product&gt;("products", materialized: new() { Name = "products" });</code></example>
    public GlobalKTable<TKey, TValue> GlobalTable<TKey, TValue>(
        string topic, Consumed<TKey, TValue>? consumed = null, Materialized<TKey, TValue>? materialized = null)
    {
        consumed ??= new Consumed<TKey, TValue>();
        materialized ??= new Materialized<TKey, TValue>();
        GlobalSource.Check(topic, consumed);
        var store = _graph.StoreName(materialized.Name, topic + "-");
        var (source, name) = AddGlobalSource(topic, consumed, TableName(topic, consumed.Name, materialized.ProcessorName));
        var keys = SerdeSource<TKey>.Of(consumed.KeySerde);
        var values = SerdeSource<TValue>.Of(consumed.ValueSerde);
        (keys, values) = (keys.Or(materialized.KeySerde), values.Or(materialized.ValueSerde));
        var rows = TableStore.Describe(store, keys, values, materialized with { LoggingEnabled = false });
        _graph.Add(new OperatorNode<TKey, TValue, TKey, TValue>(
            name,
            [source.Output],
            (string node, TaskContext task, Processor<TKey, TValue> _) => new GlobalTableProcessor<TKey, TValue>(node, task, store))
        {
            Rows = new RowsDescription(rows, OnDemand: false),
        });
        return new GlobalKTable<TKey, TValue>(_graph, store);
    }

    private (SourceNode<TKey, TValue> Source, string Name) AddGlobalSource<TKey, TValue>(
        string topic, Consumed<TKey, TValue> consumed, string? processorName)
    {
        var sourceName = _graph.NodeName(consumed.Name is null ? null : consumed.Name + "-source", SourcePrefix);
        var name = _graph.NodeName(processorName, TableSourcePrefix);
        return (GlobalSource.Add(_graph, sourceName, topic, consumed), name);
    }
}
