using StreamFlow.Dsl;
using StreamFlow.Planning;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string ToTablePrefix = "KSTREAM-TOTABLE-";

    /// <summary>
    /// Takes each record as the new row of its key: one without a value deletes the row, one without a key is dropped and
    /// counted. Where keys may have changed, records go through a repartition topic first, named after the operator. The rows
    /// are kept in a store, with a changelog topic, once something looks them up: a name in
    /// <paramref name="materialized"/>, or a join.
    /// </summary>
    /// <param name="materialized">How rows are kept, and the operator's name, or <see langword="null"/> for defaults.</param>
    /// <returns>The table.</returns>
    /// <exception cref="TopologyException">A name is none, or taken.</exception>
    /// <example><code>var latest = prices.SelectKey((id, price) => price.Symbol).ToTable(new() { Name = "latest-prices" });</code></example>
    public KTable<TKey, TValue> ToTable(Materialized<TKey, TValue>? materialized = null)
    {
        materialized ??= new Materialized<TKey, TValue>();
        var name = _graph.NodeName(materialized.ProcessorName, ToTablePrefix);
        var storeName = _graph.StoreName(materialized.Name, ToTablePrefix);
        var serdes = new StreamSerdes<TKey, TValue>(
            _keys.Or(materialized.KeySerde), _values.Or(materialized.ValueSerde));
        var input = _output;
        if (_repartitionRequired)
        {
            var repartition = new RepartitionNode<TKey, TValue>(RepartitionNames.Of(_graph, name), _output, serdes)
            {
                IsImplied = true,
            };
            _graph.Add(repartition);
            input = repartition.Output;
        }

        var store = TableStore.Describe(storeName, serdes.Keys, serdes.Values, materialized);
        var node = TableSource.Describe(name, input, store, materialized, isAsRead: false);
        _graph.Add(node);
        return new KTable<TKey, TValue>(
            _graph, node.Output, serdes.Keys, serdes.Values, new StoredRows<TKey, TValue>(storeName))
        {
            QueryableStoreName = materialized.Name,
            History = materialized.History,
        };
    }
}
