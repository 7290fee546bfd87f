using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class StreamsBuilder
{
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
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ResourceName.CheckTopic(topic);
        consumed ??= new Consumed<TKey, TValue>();
        materialized ??= new Materialized<TKey, TValue>();
        if (consumed.OffsetReset == OffsetReset.Latest)
        {
            throw new TopologyException(
                $"The global table of '{topic}' is to be read from the latest record on, but it is a copy of the whole topic. Leave "
                + "Consumed.OffsetReset out.");
        }

        if (consumed.TimestampExtractor is not null)
        {
            throw new TopologyException(
                $"The rows of the global table of '{topic}' have their records' own times, so that Consumed.TimestampExtractor would have no "
                + "effect. Leave it out.");
        }

        var store = _graph.StoreName(materialized.Name, topic + "-");
        var sourceName = _graph.NodeName(consumed.Name is null ? null : consumed.Name + "-source", SourcePrefix);
        var name = _graph.NodeName(TableName(topic, consumed.Name, materialized.ProcessorName), TableSourcePrefix);
        if (_graph.FindSource([topic]) is not null)
        {
            throw new TopologyException(
                $"'{topic}' is read already. A topic is read once: join streams with the one global table, or read a copy of the topic.");
        }

        var keys = SerdeSource<TKey>.Of(consumed.KeySerde);
        var values = SerdeSource<TValue>.Of(consumed.ValueSerde);
        var source = Add(new SourceNode<TKey, TValue>(
            sourceName, [topic], SourceKind.Global, OffsetReset.Earliest, new StreamSerdes<TKey, TValue>(keys, values), Time(consumed)));
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
}
