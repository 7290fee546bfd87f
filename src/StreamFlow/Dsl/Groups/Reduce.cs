using StreamFlow.Dsl;

namespace StreamFlow;

public sealed partial class KGroupedStream<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each key into one of the same type. The first value stands alone, the reducer is called
    /// from the second one on. Records without key or value are dropped.
    /// </summary>
    /// <param name="reducer">
    /// Makes one of the result so far, which it may change, and a value, which it may not: others are given it too;
    /// <see langword="null"/> deletes the result.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key.</returns>
    /// <example><code>bids.GroupByKey().Reduce((highest, bid) => bid.Amount > highest.Amount ? bid : highest)</code></example>
    public KTable<TKey, TValue> Reduce(
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
}

public sealed partial class TimeWindowedKStream<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each key in each window into one of the same type. The first value stands alone, the
    /// reducer is called from the second one on. Records without a key are dropped; a missing value reaches the reducer
    /// as <see langword="null"/>, or is dropped where the type has none.
    /// </summary>
    /// <param name="reducer">
    /// Makes one of the result so far, which it may change, and a value, which it may not: others are given it too;
    /// <see langword="null"/> deletes the result.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and window.</returns>
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
}

internal sealed class ReduceFold<TKey, TValue>(Func<TValue, TValue, TValue> reducer) : Fold<TKey, TValue, TValue>
{
    public override TValue Apply(in Record<TKey, TValue> record, TValue current, bool hasCurrent) =>
        hasCurrent ? reducer(current, record.Value) : record.Value;
}
