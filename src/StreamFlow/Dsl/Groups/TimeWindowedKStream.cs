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
    private readonly EmitStrategy _emit;

    internal TimeWindowedKStream(GroupedSource<TKey, TValue> source, TimeWindows windows, EmitStrategy emit)
    {
        _source = source;
        _windows = windows;
        _emit = emit;
    }

    /// <summary>Says when the results of aggregations are sent on; unless it is said, at each update.</summary>
    /// <param name="strategy">When.</param>
    /// <returns>The groups by key and window, with that strategy.</returns>
    /// <exception cref="ArgumentException">The windows never close.</exception>
    /// <example><code>
    /// clicks.GroupByKey().WindowedBy(windows).EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream().To("clicks-per-minute")
    /// </code></example>
    public TimeWindowedKStream<TKey, TValue> EmitStrategy(EmitStrategy strategy) =>
        strategy == StreamFlow.EmitStrategy.OnWindowClose && _windows is UnlimitedWindows
            ? throw new ArgumentException(
                "UnlimitedWindows never close, so there would be no result. Emit on update.", nameof(strategy))
            : new TimeWindowedKStream<TKey, TValue>(_source, _windows, strategy);

    private KTable<Windowed<TKey>, TResult> Aggregate<TResult>(
        Fold<TKey, TValue, TResult> fold, Materialized<TKey, TResult> materialized, SerdeSource<TResult> values,
        string prefix)
    {
        var (graph, windows, isFinal) = (_source.Graph, _windows, _emit == StreamFlow.EmitStrategy.OnWindowClose);
        var storeName = graph.StoreName(materialized.Name, prefix);
        var keys = _source.Keys.Or(materialized.KeySerde);
        var store = TableStore.DescribeWindows(storeName, keys, values, materialized, windows);
        var node = new OperatorNode<TKey, TValue, Windowed<TKey>, Change<TResult>>(
            graph.NodeName(materialized.ProcessorName, prefix),
            [_source.Input(storeName)],
            (setup, next) =>
            {
                var rows = new WindowedMaterialization<TKey, TResult>(
                    setup, next, storeName, windows.WindowAt, materialized.CachingEnabled, isFinal);
                var finals = isFinal ? new WindowFinals<TKey, TResult>(next, rows.Store, windows.WindowAt, windows.SizeMs) : null;
                return new WindowAggregateProcessor<TKey, TValue, TResult>(setup, fold, windows, rows, finals);
            })
        {
            Rows = new RowsDescription(store, OnDemand: false),
            ChangesKey = true,
            ChangesValue = true,
            Closing = ClosingOf(windows),
        };
        graph.Add(node);
        return WindowedTable.Of(graph, node.Output, keys, values, storeName, windows.WindowAt, materialized.Name);
    }

    private static WindowClosing<Windowed<TKey>>? ClosingOf(TimeWindows windows) =>
        windows is UnlimitedWindows ? null : new WindowClosing<Windowed<TKey>>(windows.GraceMs, key => key.Window.End);
}
