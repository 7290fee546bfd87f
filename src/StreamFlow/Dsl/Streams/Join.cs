using StreamFlow.Dsl;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string JoinPrefix = "KSTREAM-JOIN-";

    /// <summary>
    /// Joins each record with the row of its key, as the table has it when the record is processed; updates of the table
    /// give no results. Records without a row are left out, records without key or value are dropped and counted. The
    /// topics of both must have the same number of partitions; where keys changed, the stream goes through a repartition
    /// topic that has.
    /// </summary>
    /// <typeparam name="TTableValue">Type of the table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">Makes the result of the record's value and the row's; must not change either.</param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    /// <example><code>orders.Join(customers, (order, customer) => order with { Country = customer.Country })</code></example>
    public KStream<TKey, TResult> Join<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TValue, TTableValue, TResult> joiner, Joined<TKey, TValue>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinTable(
            table,
            new RowJoiner<TKey, TValue, TTableValue, TResult>(
                (_, value, row) => joiner(value, row.GetValueOrDefault().Value)),
            JoinPrefix,
            joined);
    }

    /// <summary>
    /// Joins each record with the row of its key, as
    /// <see cref="Join{TTableValue, TResult}(KTable{TKey, TTableValue}, Func{TValue, TTableValue, TResult}, Joined{TKey, TValue}?)"/>,
    /// with the key as a further argument.
    /// </summary>
    /// <typeparam name="TTableValue">Type of the table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">Makes the result of the key, the record's value and the row's; must not change any.</param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    /// <example><code>orders.Join(limits, (customer, order, limit) => $"{customer}: {order.Amount} of {limit}")</code></example>
    public KStream<TKey, TResult> Join<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TKey, TValue, TTableValue, TResult> joiner,
        Joined<TKey, TValue>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinTable(
            table,
            new RowJoiner<TKey, TValue, TTableValue, TResult>(
                (key, value, row) => joiner(key, value, row.GetValueOrDefault().Value)),
            JoinPrefix,
            joined);
    }
}
