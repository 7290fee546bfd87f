using StreamFlow.Dsl;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KGroupedStream<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each key into a result of any type. Records without key or value are dropped.
    /// </summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="initializer">Makes the result before the first value; must make a new one each time.</param>
    /// <param name="aggregator">
    /// Makes the new result of key, value and the result so far; <see langword="null"/> deletes it, and the next value
    /// starts again from the initializer.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key.</returns>
    /// <example><code>orders.GroupByKey().Aggregate(() => 0m, (customer, order, total) => total + order.Amount)</code></example>
    public KTable<TKey, TResult> Aggregate<TResult>(
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
}

public sealed partial class TimeWindowedKStream<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each key in each window into a result of any type. Records without a key are dropped; a
    /// missing value reaches the aggregator as <see langword="null"/>, or is dropped where the type has none.
    /// </summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="initializer">Makes the result before the first value; must make a new one each time.</param>
    /// <param name="aggregator">
    /// Makes the new result of key, value and the result so far; <see langword="null"/> deletes it.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each key and window.</returns>
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
}

internal sealed class AggregateFold<TKey, TValue, TResult>(
    Func<TResult> initializer, Func<TKey, TValue, TResult, TResult> aggregator) : Fold<TKey, TValue, TResult>
{
    public override TResult Apply(in Record<TKey, TValue> record, TResult current, bool hasCurrent) =>
        aggregator(record.Key, record.Value, hasCurrent ? current : initializer());
}
