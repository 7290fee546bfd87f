using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;

namespace StreamFlow.Dsl;

/// <summary>A common aggregate by key.</summary>
internal sealed record KeyedCogroup<TKey, TResult>(RowsDescription Rows, bool Caching)
    : CogroupKind<TKey, TKey, TResult>(Rows, Closing: null)
{
    public override Processor<TKey, TValue> Create<TValue>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, Processor<TKey, Change<TResult>> next) =>
        new AggregateProcessor<TKey, TValue, TResult>(
            setup, fold, new KeyedMaterialization<TKey, TResult>(setup, next, Rows.Store.Name, Caching));
}

/// <summary>A common aggregate by key and window. The inputs have one clock, that of the store.</summary>
internal sealed record WindowedCogroup<TKey, TResult>(
    RowsDescription Rows, WindowClosing? Closing, WindowKind Windows, bool Caching)
    : CogroupKind<TKey, Windowed<TKey>, TResult>(Rows, Closing)
{
    /// <summary>Adds the aggregate.</summary>
    public static KTable<Windowed<TKey>, TResult> Describe(
        CogroupDescription<TKey, TResult> description, WindowKind windows)
    {
        var materialized = description.Materialized;
        var store = windows.Store(description.StoreName, description.Keys, description.Values, materialized);
        var output = description.Add(new WindowedCogroup<TKey, TResult>(
            new RowsDescription(store, OnDemand: false) { AreChanged = true }, windows.Closing<TKey>(), windows, materialized.CachingEnabled));
        return WindowedTable.Of(
            description.Graph, output, description.Keys, description.Values, description.StoreName, windows.WindowAt,
            materialized.Name);
    }

    public override Processor<TKey, TValue> Create<TValue>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, Processor<Windowed<TKey>, Change<TResult>> next) =>
        Windows.Aggregator(setup, fold, Windows.Rows(setup, next, Rows.Store.Name, Caching), finals: null);
}

/// <summary>A common aggregate by key and session.</summary>
internal sealed record SessionCogroup<TKey, TResult>(
    RowsDescription Rows, WindowClosing? Closing, SessionWindows Windows, bool Caching)
    : CogroupKind<TKey, Windowed<TKey>, TResult>(Rows, Closing)
{
    public required SessionMerger<TKey, TResult> Merger { get; init; }

    public override Processor<TKey, TValue> Create<TValue>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, Processor<Windowed<TKey>, Change<TResult>> next) =>
        new SessionAggregateProcessor<TKey, TValue, TResult>(
            setup,
            new SessionFold<TKey, TValue, TResult>(fold, Merger),
            Windows,
            new SessionMaterialization<TKey, TResult>(setup, next, Rows.Store.Name, Caching, isSilent: false),
            finals: null);
}
