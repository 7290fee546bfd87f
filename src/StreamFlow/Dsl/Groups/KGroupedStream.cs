using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// Records grouped by key, to be aggregated. Where keys changed, an aggregation sends them through a repartition topic
/// first, so that a key is counted in one place.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed partial class KGroupedStream<TKey, TValue>
{
    private const string AggregatePrefix = "KSTREAM-AGGREGATE-";
    private const string ReducePrefix = "KSTREAM-REDUCE-";
    private readonly GroupedSource<TKey, TValue> _source;

    internal KGroupedStream(GroupedSource<TKey, TValue> source)
    {
        AsyncFunctions.RefuseResult<TKey>();
        _source = source;
    }

    /// <summary>Cuts the groups into windows of time.</summary>
    /// <param name="windows">
    /// The windows: <see cref="TumblingWindows"/>, <see cref="HoppingWindows"/>, <see cref="UnlimitedWindows"/>, or others
    /// derived from their base.
    /// </param>
    /// <returns>The groups by key and window.</returns>
    /// <example><code>
    /// clicks.GroupByKey().WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1))).Count()
    /// </code></example>
    public TimeWindowedKStream<TKey, TValue> WindowedBy(TimeWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new TimeWindowedKStream<TKey, TValue>(_source, windows, EmitStrategy.OnWindowUpdate);
    }

    private KTable<TKey, TResult> Aggregate<TResult>(
        Fold<TKey, TValue, TResult> fold, Materialized<TKey, TResult> materialized, SerdeSource<TResult> values,
        string prefix)
    {
        var graph = _source.Graph;
        var storeName = graph.StoreName(materialized.Name, prefix);
        var name = graph.NodeName(materialized.ProcessorName, prefix);
        var keySource = _source.Keys.Or(materialized.KeySerde);
        var store = TableStore.Describe(storeName, keySource, values, materialized);
        var node = new OperatorNode<TKey, TValue, TKey, Change<TResult>>(
            name,
            [_source.Input(storeName)],
            (setup, next) => new AggregateProcessor<TKey, TValue, TResult>(
                setup,
                fold,
                new KeyedMaterialization<TKey, TResult>(setup, next, storeName, materialized.CachingEnabled)))
        {
            Rows = new RowsDescription(store, OnDemand: false) { AreChanged = true },
            ChangesValue = true,
        };
        graph.Add(node);
        return new KTable<TKey, TResult>(graph, node.Output, keySource, values, new StoredRows<TKey, TResult>(storeName))
        {
            QueryableStoreName = materialized.Name,
            History = materialized.History,
        };
    }
}
