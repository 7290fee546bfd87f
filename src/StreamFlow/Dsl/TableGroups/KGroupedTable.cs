using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// Rows of a table grouped by a key, to be aggregated. An aggregation takes the value that a row had before out of its group when the
/// row changes, is deleted, or moves to another group.
/// </summary>
/// <typeparam name="TKey">Type of the keys grouped by.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed partial class KGroupedTable<TKey, TValue>
{
    private const string AggregatePrefix = "KTABLE-AGGREGATE-";
    private const string ReducePrefix = "KTABLE-REDUCE-";
    private readonly GroupedTableSource<TKey, TValue> _source;

    internal KGroupedTable(GroupedTableSource<TKey, TValue> source) => _source = source;

    private KTable<TKey, TResult> Aggregate<TResult>(
        TableFold<TKey, TValue, TResult> fold, Materialized<TKey, TResult> materialized, SerdeSource<TResult> values,
        string prefix)
    {
        var graph = _source.Graph;
        var storeName = graph.StoreName(materialized.Name, AggregatePrefix);
        var input = _source.Input(storeName, materialized.ProcessorName);
        var keys = _source.Serdes.Keys.Or(materialized.KeySerde);
        var node = new OperatorNode<TKey, Change<TValue>, TKey, Change<TResult>>(
            graph.NodeName(materialized.ProcessorName, prefix),
            [input],
            (setup, next) => new TableAggregateProcessor<TKey, TValue, TResult>(
                setup,
                fold,
                new KeyedMaterialization<TKey, TResult>(setup, next, storeName, materialized.CachingEnabled)))
        {
            Rows = new RowsDescription(TableStore.Describe(storeName, keys, values, materialized), OnDemand: false) { AreChanged = true },
            ChangesValue = true,
        };
        graph.Add(node);
        return new KTable<TKey, TResult>(graph, node.Output, keys, values, new StoredRows<TKey, TResult>(storeName))
        {
            QueryableStoreName = materialized.Name,
            History = materialized.History,
        };
    }
}
