using StreamFlow.Dsl;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class SessionWindowedKStream<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each key in each session into a result of any type. Records without a key are dropped; a missing
    /// value reaches the aggregator as <see langword="null"/>, or is dropped where the type has none.
    /// </summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="initializer">
    /// Makes the result that each record begins with, before the sessions it joins; must make a new one each time.
    /// </param>
    /// <param name="aggregator">
    /// Makes the new result of key, value and the result so far; <see langword="null"/> deletes it.
    /// </param>
    /// <param name="merger">
    /// Makes one of two results of a key, the earlier one first. It is called with what the initializer makes and each session
    /// that the record joins, by their ends.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and session; the time of a result is the end of its session.</returns>
    /// <example><code>
    /// orders.GroupByKey().WindowedBy(sessions).Aggregate(
    ///     () => 0m, (customer, order, total) => total + order.Amount, (customer, one, other) => one + other)
    /// </code></example>
    public KTable<Windowed<TKey>, TResult> Aggregate<TResult>(
        Func<TResult> initializer, Func<TKey, TValue, TResult, TResult?> aggregator, Func<TKey, TResult, TResult, TResult?> merger,
        Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(aggregator);
        ArgumentNullException.ThrowIfNull(merger);
        materialized ??= new Materialized<TKey, TResult>();
        return Aggregate(
            new SessionFold<TKey, TValue, TResult>(
                new AggregateFold<TKey, TValue, TResult>(initializer, aggregator!),
                (key, result, hasResult, session) => merger(key, hasResult ? result : initializer(), session)!),
            materialized,
            SerdeSource<TResult>.Of(materialized.ValueSerde),
            AggregatePrefix);
    }
}
