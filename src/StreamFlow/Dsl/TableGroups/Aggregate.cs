using StreamFlow.Dsl;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KGroupedTable<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each group into a result of any type. When a row changes, the subtractor is called for its value
    /// before, and then the adder for the one now.
    /// </summary>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="initializer">Makes the result before the first value; must make a new one each time.</param>
    /// <param name="adder">
    /// Makes the new result of key, value and the result so far; <see langword="null"/> deletes it, and the next value starts
    /// again from the initializer.
    /// </param>
    /// <param name="subtractor">
    /// Takes a value out of the result so far; <see langword="null"/> deletes it. Not called where there is no result.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each group.</returns>
    /// <example><code>
    /// accounts.GroupBy((id, account) => (account.Owner, account))
    ///     .Aggregate(() => 0m, (owner, account, sum) => sum + account.Balance, (owner, account, sum) => sum - account.Balance)
    /// </code></example>
    public KTable<TKey, TResult> Aggregate<TResult>(
        Func<TResult> initializer, Func<TKey, TValue, TResult, TResult?> adder,
        Func<TKey, TValue, TResult, TResult?> subtractor, Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        ArgumentNullException.ThrowIfNull(adder);
        ArgumentNullException.ThrowIfNull(subtractor);
        materialized ??= new Materialized<TKey, TResult>();
        return Aggregate(
            new AggregateTableFold<TKey, TValue, TResult>(initializer, adder!, subtractor!),
            materialized,
            SerdeSource<TResult>.Of(materialized.ValueSerde),
            AggregatePrefix);
    }
}

internal sealed class AggregateTableFold<TKey, TValue, TResult>(
    Func<TResult> initializer, Func<TKey, TValue, TResult, TResult> adder, Func<TKey, TValue, TResult, TResult> subtractor)
    : TableFold<TKey, TValue, TResult>
{
    protected override TResult Subtract(TKey key, TValue value, TResult aggregate) => subtractor(key, value, aggregate);

    protected override TResult Add(TKey key, TValue value, TResult aggregate, bool hasAggregate) =>
        adder(key, value, hasAggregate ? aggregate : initializer());
}
