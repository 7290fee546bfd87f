using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// Records grouped by key and session, to be aggregated. A record that comes when its session is closed, gap and grace after
/// its end, is dropped and counted as late.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed partial class SessionWindowedKStream<TKey, TValue>
{
    private const string AggregatePrefix = "KSTREAM-AGGREGATE-";
    private const string ReducePrefix = "KSTREAM-REDUCE-";
    private readonly GroupedSource<TKey, TValue> _source;
    private readonly SessionWindows _windows;
    private readonly EmitStrategy _emit;

    internal SessionWindowedKStream(GroupedSource<TKey, TValue> source, SessionWindows windows, EmitStrategy emit)
    {
        _source = source;
        _windows = windows;
        _emit = emit;
    }

    /// <summary>Says when the results of aggregations are sent on; unless it is said, at each update.</summary>
    /// <param name="strategy">When.</param>
    /// <returns>The groups by key and session, with that strategy.</returns>
    /// <example><code>
    /// clicks.GroupByKey().WindowedBy(sessions).EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream().To("visits")
    /// </code></example>
    public SessionWindowedKStream<TKey, TValue> EmitStrategy(EmitStrategy strategy) => new(_source, _windows, strategy);

    private KTable<Windowed<TKey>, TResult> Aggregate<TResult>(
        SessionFold<TKey, TValue, TResult> fold, Materialized<TKey, TResult> materialized, SerdeSource<TResult> values,
        string prefix)
    {
        var (graph, windows, isFinal) = (_source.Graph, _windows, _emit == StreamFlow.EmitStrategy.OnWindowClose);
        var storeName = graph.StoreName(materialized.Name, prefix);
        var keys = _source.Keys.Or(materialized.KeySerde);
        var store = TableStore.DescribeSessions(storeName, keys, values, materialized, windows);
        var node = new OperatorNode<TKey, TValue, Windowed<TKey>, Change<TResult>>(
            graph.NodeName(materialized.ProcessorName, prefix),
            [_source.Input(storeName)],
            (setup, next) =>
            {
                var rows = new SessionMaterialization<TKey, TResult>(
                    setup, next, storeName, materialized.CachingEnabled, isFinal);
                var finals = isFinal ? new SessionFinals<TKey, TResult>(setup, next, rows.Store) : null;
                return new SessionAggregateProcessor<TKey, TValue, TResult>(setup, fold, windows, rows, finals);
            })
        {
            Rows = new RowsDescription(store, OnDemand: false) { AreChanged = true },
            ChangesKey = true,
            ChangesValue = true,
            Closing = SessionTable.ClosingOf<TKey>(windows),
        };
        graph.Add(node);
        return SessionTable.Of(graph, node.Output, keys, values, storeName, materialized.Name);
    }
}

public sealed partial class KGroupedStream<TKey, TValue>
{
    /// <summary>Cuts the groups into sessions of activity.</summary>
    /// <param name="windows">The gap that ends a session, and how long to wait for late records.</param>
    /// <returns>The groups by key and session.</returns>
    /// <example><code>
    /// clicks.GroupByKey().WindowedBy(SessionWindows.Of(gap: TimeSpan.FromMinutes(30), grace: TimeSpan.FromMinutes(1))).Count()
    /// </code></example>
    public SessionWindowedKStream<TKey, TValue> WindowedBy(SessionWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new SessionWindowedKStream<TKey, TValue>(_source, windows, EmitStrategy.OnWindowUpdate);
    }
}
