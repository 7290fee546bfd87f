using StreamFlow.Dsl;

namespace StreamFlow;

public sealed partial class KGroupedTable<TKey, TValue>
{
    /// <summary>
    /// Combines the values of each group into one of the same type. The first value stands alone. When a row changes, the
    /// subtractor is called for its value before, and then the adder for the one now.
    /// </summary>
    /// <param name="adder">
    /// Makes one of the result so far, which it may change, and a value, which it may not; <see langword="null"/> deletes the result.
    /// </param>
    /// <param name="subtractor">
    /// Takes a value out of the result so far; <see langword="null"/> deletes the result, as is right for the last value.
    /// </param>
    /// <param name="materialized">How results are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The result of each group.</returns>
    /// <example><code>
    /// accounts.GroupBy((id, account) => (account.Owner, account.Balance)).Reduce((sum, one) => sum + one, (sum, one) => sum - one)
    /// </code></example>
    public KTable<TKey, TValue> Reduce(
        Func<TValue, TValue, TValue?> adder, Func<TValue, TValue, TValue?> subtractor,
        Materialized<TKey, TValue>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(adder);
        ArgumentNullException.ThrowIfNull(subtractor);
        materialized ??= new Materialized<TKey, TValue>();
        return Aggregate(
            new ReduceTableFold<TKey, TValue>(adder!, subtractor!),
            materialized,
            _source.Serdes.Values.Or(materialized.ValueSerde),
            ReducePrefix);
    }
}

internal sealed class ReduceTableFold<TKey, TValue>(
    Func<TValue, TValue, TValue> adder, Func<TValue, TValue, TValue> subtractor) : TableFold<TKey, TValue, TValue>
{
    protected override TValue Subtract(TKey key, TValue value, TValue aggregate) => subtractor(aggregate, value);

    protected override TValue Add(TKey key, TValue value, TValue aggregate, bool hasAggregate) =>
        hasAggregate ? adder(aggregate, value) : value;
}
