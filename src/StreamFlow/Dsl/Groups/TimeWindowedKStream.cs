using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

/// <summary>
/// Records grouped by key and window, to be aggregated. A record that comes after its window's end and grace is dropped
/// and counted as late.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed partial class TimeWindowedKStream<TKey, TValue>
{
    private const string AggregatePrefix = "KSTREAM-AGGREGATE-";
    private const string ReducePrefix = "KSTREAM-REDUCE-";
    private readonly GroupedSource<TKey, TValue> _source;
    private readonly TimeWindows _windows;

    internal TimeWindowedKStream(GroupedSource<TKey, TValue> source, TimeWindows windows)
    {
        _source = source;
        _windows = windows;
    }

    private KTable<Windowed<TKey>, TResult> Aggregate<TResult>(
        Fold<TKey, TValue, TResult> fold, Materialized<TKey, TResult> materialized, SerdeSource<TResult> values,
        string prefix)
    {
        var (graph, windows) = (_source.Graph, _windows);
        var storeName = graph.StoreName(materialized.Name, prefix);
        var retention = Retention(storeName, materialized.Retention);
        var name = graph.NodeName(materialized.ProcessorName, prefix);
        var keySource = _source.Keys.Or(materialized.KeySerde);
        var store = TableStore.DescribeWindows(storeName, keySource, values, materialized, windows, retention);
        var node = new OperatorNode<TKey, TValue, Windowed<TKey>, Change<TResult>>(
            name,
            [_source.Input(storeName)],
            (setup, next) => new WindowAggregateProcessor<TKey, TValue, TResult>(
                setup,
                fold,
                windows,
                new WindowedMaterialization<TKey, TResult>(setup, next, storeName, windows, materialized.CachingEnabled)))
        {
            Rows = new RowsDescription(store, OnDemand: false),
            ChangesKey = true,
            ChangesValue = true,
        };
        graph.Add(node);
        var windowedKeys = SerdeSource<Windowed<TKey>>.From((serdes, where) =>
            new TimeWindowedSerde<TKey>(keySource.Resolve(serdes, where), windows.WindowAt));
        return new KTable<Windowed<TKey>, TResult>(
            graph, node.Output, windowedKeys, values, new WindowedRows<TKey, TResult>(storeName))
        {
            QueryableStoreName = materialized.Name,
        };
    }

    private long Retention(string store, TimeSpan? given)
    {
        if (given is not { } time)
        {
            return _windows.Retention;
        }

        var retention = time.Ticks / TimeSpan.TicksPerMillisecond;
        return retention >= _windows.Retention
            ? retention
            : throw new ArgumentException(
                $"Materialized.Retention of store '{store}' is {Durations.Text(time)}, less than size plus grace of its windows, "
                + $"{Durations.Text(EventTime.Length(_windows.Retention))}: windows would be gone before they close.");
    }
}
