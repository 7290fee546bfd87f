using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Windows that move with the records.</summary>
internal sealed class SlidingWindowKind(SlidingWindows windows) : WindowKind
{
    public override Func<long, Window> WindowAt => windows.WindowAt;

    public override long SizeMs => windows.DifferenceMs;

    /// <summary>The end of a window is in it, and so is the last moment of its grace.</summary>
    public override WindowClosing<Windowed<TKey>> Closing<TKey>() =>
        new(EventTime.Add(windows.GraceMs, 1), key => key.Window.End);

    public override StoreBuilder Store<TKey, TResult>(
        string name, SerdeSource<TKey> keys, SerdeSource<TResult> values, Materialized<TKey, TResult> materialized) =>
        TableStore.DescribeWindows(name, keys, values, materialized, windows);

    public override Processor<TKey, TValue> Aggregator<TKey, TValue, TResult>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, WindowedMaterialization<TKey, TResult> rows,
        FinalResults<TKey, TResult>? finals) =>
        new SlidingAggregateProcessor<TKey, TValue, TResult>(setup, fold, windows, rows, finals);
}
