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
        string prefix) =>
        new TimeWindowKind(_windows).Aggregate(_source, fold, materialized, values, (prefix, _emit));
}
