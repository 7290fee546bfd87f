using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>What aggregations by key and window are made of, of one kind of windows that are known by their starts.</summary>
internal abstract class WindowKind
{
    /// <summary>The window that starts at a time.</summary>
    public abstract Func<long, Window> WindowAt { get; }

    /// <summary>How long a window is at most, in milliseconds.</summary>
    public abstract long SizeMs { get; }

    /// <summary>When windows are closed; null where they never are.</summary>
    public abstract WindowClosing<Windowed<TKey>>? Closing<TKey>();

    public abstract StoreBuilder Store<TKey, TResult>(
        string name, SerdeSource<TKey> keys, SerdeSource<TResult> values, Materialized<TKey, TResult> materialized);

    /// <param name="setup">The node in its task.</param>
    /// <param name="fold">How a record enters an aggregate.</param>
    /// <param name="rows">The aggregates.</param>
    /// <param name="finals">Sends results on when their windows are closed; null where the rows tell of each update.</param>
    public abstract Processor<TKey, TValue> Aggregator<TKey, TValue, TResult>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, WindowedMaterialization<TKey, TResult> rows,
        FinalResults<TKey, TResult>? finals);

    /// <summary>Adds an aggregation of a grouped stream.</summary>
    /// <param name="source">The groups.</param>
    /// <param name="fold">How a record enters an aggregate.</param>
    /// <param name="materialized">How results are kept.</param>
    /// <param name="values">Serdes of the results.</param>
    /// <param name="how">Prefix of generated names, and when results are sent on.</param>
    public KTable<Windowed<TKey>, TResult> Aggregate<TKey, TValue, TResult>(
        GroupedSource<TKey, TValue> source, Fold<TKey, TValue, TResult> fold, Materialized<TKey, TResult> materialized,
        SerdeSource<TResult> values, (string Prefix, EmitStrategy Emit) how)
    {
        var (graph, isFinal) = (source.Graph, how.Emit == EmitStrategy.OnWindowClose);
        var storeName = graph.StoreName(materialized.Name, how.Prefix);
        var keys = source.Keys.Or(materialized.KeySerde);
        var node = new OperatorNode<TKey, TValue, Windowed<TKey>, Change<TResult>>(
            graph.NodeName(materialized.ProcessorName, how.Prefix),
            [source.Input(storeName)],
            (setup, next) =>
            {
                var rows = Rows(setup, next, storeName, materialized.CachingEnabled, isFinal);
                var finals = isFinal ? new WindowFinals<TKey, TResult>(setup, next, rows.Store, WindowAt, SizeMs) : null;
                return Aggregator(setup, fold, rows, finals);
            })
        {
            Rows = new RowsDescription(Store(storeName, keys, values, materialized), OnDemand: false) { AreChanged = true },
            ChangesKey = true,
            ChangesValue = true,
            Closing = Closing<TKey>(),
        };
        graph.Add(node);
        return WindowedTable.Of(graph, node.Output, keys, values, storeName, WindowAt, materialized.Name);
    }

    /// <summary>The rows of an aggregation in one task.</summary>
    public WindowedMaterialization<TKey, TResult> Rows<TKey, TResult>(
        NodeSetup setup, Processor<Windowed<TKey>, Change<TResult>> next, string store, bool caching, bool isSilent = false) =>
        new(setup, next, store, WindowAt, caching, isSilent);
}

/// <summary>Windows that lie where time does, whatever the records.</summary>
internal sealed class TimeWindowKind(TimeWindows windows) : WindowKind
{
    public override Func<long, Window> WindowAt => windows.WindowAt;

    public override long SizeMs => windows.SizeMs;

    public override WindowClosing<Windowed<TKey>>? Closing<TKey>() => windows is UnlimitedWindows
        ? null
        : new WindowClosing<Windowed<TKey>>(windows.GraceMs, key => key.Window.End);

    public override StoreBuilder Store<TKey, TResult>(
        string name, SerdeSource<TKey> keys, SerdeSource<TResult> values, Materialized<TKey, TResult> materialized) =>
        TableStore.DescribeWindows(name, keys, values, materialized, windows);

    public override Processor<TKey, TValue> Aggregator<TKey, TValue, TResult>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, WindowedMaterialization<TKey, TResult> rows,
        FinalResults<TKey, TResult>? finals) =>
        new WindowAggregateProcessor<TKey, TValue, TResult>(setup, fold, windows, rows, finals);
}
