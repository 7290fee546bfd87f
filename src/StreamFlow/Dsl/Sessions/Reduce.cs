using StreamFlow.Dsl;

namespace StreamFlow;

public sealed partial class SessionWindowedKStream<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each key in each session into one of the same type. The first value stands alone, the reducer is
    /// called from the second one on, and also to make one of two sessions. Records without a key are dropped; a missing value
    /// reaches the reducer as <see langword="null"/>, or is dropped where the type has none.
    /// </summary>
    /// <param name="reducer">
    /// Makes one of the result so far, which it may change, and a value, which it may not: others are given it too;
    /// <see langword="null"/> deletes the result.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and session; the time of a result is the end of its session.</returns>
    /// <example><code>bids.GroupByKey().WindowedBy(sessions).Reduce((highest, bid) => bid.Amount > highest.Amount ? bid : highest)</code></example>
    public KTable<Windowed<TKey>, TValue> Reduce(
        Func<TValue, TValue, TValue?> reducer, Materialized<TKey, TValue>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        materialized ??= new Materialized<TKey, TValue>();
        return Aggregate(
            new SessionFold<TKey, TValue, TValue>(
                new ReduceFold<TKey, TValue>(reducer!),
                (_, result, hasResult, session) => hasResult ? reducer(result, session)! : session),
            materialized,
            _source.Serdes.Values.Or(materialized.ValueSerde),
            ReducePrefix);
    }
}
