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
    RowsDescription Rows, WindowClosing? Closing, TimeWindows Windows, bool Caching)
    : CogroupKind<TKey, Windowed<TKey>, TResult>(Rows, Closing)
{
    public override Processor<TKey, TValue> Create<TValue>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, Processor<Windowed<TKey>, Change<TResult>> next) =>
        new WindowAggregateProcessor<TKey, TValue, TResult>(
            setup,
            fold,
            Windows,
            new WindowedMaterialization<TKey, TResult>(setup, next, Rows.Store.Name, Windows.WindowAt, Caching));
}

/// <summary>A common aggregate by key and sliding window.</summary>
internal sealed record SlidingCogroup<TKey, TResult>(
    RowsDescription Rows, WindowClosing? Closing, SlidingWindows Windows, bool Caching)
    : CogroupKind<TKey, Windowed<TKey>, TResult>(Rows, Closing)
{
    public override Processor<TKey, TValue> Create<TValue>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, Processor<Windowed<TKey>, Change<TResult>> next) =>
        new SlidingAggregateProcessor<TKey, TValue, TResult>(
            setup,
            fold,
            Windows,
            new WindowedMaterialization<TKey, TResult>(setup, next, Rows.Store.Name, Windows.WindowAt, Caching),
            finals: null);
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
