using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// Records grouped by key and sliding window, to be aggregated. A record that comes when no window that has it is open any
/// more is dropped and counted as late; so is each closed window of one that is not.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class SlidingWindowedKStream<TKey, TValue>
{
    private const string AggregatePrefix = "KSTREAM-AGGREGATE-";
    private const string ReducePrefix = "KSTREAM-REDUCE-";
    private readonly GroupedSource<TKey, TValue> _source;
    private readonly SlidingWindows _windows;
    private readonly EmitStrategy _emit;

    internal SlidingWindowedKStream(GroupedSource<TKey, TValue> source, SlidingWindows windows, EmitStrategy emit)
    {
        _source = source;
        _windows = windows;
        _emit = emit;
    }

    /// <summary>Says when the results of aggregations are sent on; unless it is said, at each update.</summary>
    /// <param name="strategy">When.</param>
    /// <returns>The groups by key and window, with that strategy.</returns>
    /// <example><code>
    /// clicks.GroupByKey().WindowedBy(windows).EmitStrategy(EmitStrategy.OnWindowClose).Count().ToStream().To("bursts")
    /// </code></example>
    public SlidingWindowedKStream<TKey, TValue> EmitStrategy(EmitStrategy strategy) => new(_source, _windows, strategy);

    /// <summary>Counts the records of each key in each window. Those without key or value are dropped and not counted.</summary>
    /// <param name="materialized">How counts are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The count of each key and window.</returns>
    /// <example><code>
    /// logins.GroupByKey().WindowedBy(SlidingWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.Zero)).Count()
    /// </code></example>
    public KTable<Windowed<TKey>, long> Count(Materialized<TKey, long>? materialized = null)
    {
        materialized ??= new Materialized<TKey, long>();
        return Aggregate(
            CountFold<TKey, TValue>.Instance,
            materialized,
            SerdeSource<long>.Of(materialized.ValueSerde ?? Serdes.Int64),
            AggregatePrefix);
    }

    /// <summary>
    /// Combines the values of each key in each window into one of the same type. The first value stands alone, the reducer is
    /// called from the second one on, in the order in which records come. Records without key or value are dropped.
    /// </summary>
    /// <param name="reducer">
    /// Makes one of the result so far, which it may change, and a value, which it may not: others are given it too;
    /// <see langword="null"/> deletes the result.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and window.</returns>
    /// <example><code>prices.GroupByKey().WindowedBy(windows).Reduce(Math.Max)</code></example>
    public KTable<Windowed<TKey>, TValue> Reduce(
        Func<TValue, TValue, TValue?> reducer, Materialized<TKey, TValue>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        materialized ??= new Materialized<TKey, TValue>();
        return Aggregate(
            new ReduceFold<TKey, TValue>(reducer!),
            materialized,
            _source.Serdes.Values.Or(materialized.ValueSerde),
            ReducePrefix);
    }

    /// <summary>
    /// Combines the values of each key in each window into a result of any type. Records without key or value are dropped.
    /// </summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="initializer">Makes the result before the first value; must make a new one each time.</param>
    /// <param name="aggregator">
    /// Makes the new result of key, value and the result so far; <see langword="null"/> deletes it. What a result has must not
    /// depend on the order of its values: a window that is made later begins with the result of another one.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and window.</returns>
    /// <example><code>prices.GroupByKey().WindowedBy(windows).Aggregate(() => 0L, (symbol, price, sum) => sum + price)</code></example>
    public KTable<Windowed<TKey>, TResult> Aggregate<TResult>(
        Func<TResult> initializer, Func<TKey, TValue, TResult, TResult?> aggregator,
        Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(aggregator);
        materialized ??= new Materialized<TKey, TResult>();
        return Aggregate(
            new AggregateFold<TKey, TValue, TResult>(initializer, aggregator!),
            materialized,
            SerdeSource<TResult>.Of(materialized.ValueSerde),
            AggregatePrefix);
    }

    private KTable<Windowed<TKey>, TResult> Aggregate<TResult>(
        Fold<TKey, TValue, TResult> fold, Materialized<TKey, TResult> materialized, SerdeSource<TResult> values,
        string prefix) =>
        new SlidingWindowKind(_windows).Aggregate(_source, fold, materialized, values, (prefix, _emit));
}

public sealed partial class KGroupedStream<TKey, TValue>
{
    /// <summary>Cuts the groups into windows that move with the records.</summary>
    /// <param name="windows">How far apart records of one window may be, and how long to wait for late ones.</param>
    /// <returns>The groups by key and window.</returns>
    /// <example><code>
    /// logins.GroupByKey().WindowedBy(SlidingWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.FromMinutes(1))).Count()
    /// </code></example>
    public SlidingWindowedKStream<TKey, TValue> WindowedBy(SlidingWindows windows)
    {
        ArgumentNullException.ThrowIfNull(windows);
        return new SlidingWindowedKStream<TKey, TValue>(_source, windows, EmitStrategy.OnWindowUpdate);
    }
}
