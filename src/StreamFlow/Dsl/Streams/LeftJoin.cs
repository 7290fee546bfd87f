using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string LeftJoinPrefix = "KSTREAM-LEFTJOIN-";

    /// <summary>
    /// Joins each record with the row of its key, as the table has it when the record is processed, or with
    /// <see langword="null"/> where it has none; updates of the table give no results. A record without a key has no row,
    /// one without a value is dropped and counted. The topics of both must have the same number of partitions; where keys
    /// changed, the stream goes through a repartition topic that has.
    /// </summary>
    /// <typeparam name="TTableValue">Type of the table's values: a class, a struct or a nullable.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">
    /// Makes the result of the record's value and the row, <see langword="null"/> without a row; must not change either.
    /// </param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    /// <example><code>
    /// orders.LeftJoin(customers, (order, customer) => $"{order.Id} {customer?.Value.Name ?? "unknown"}")
    /// clicks.LeftJoin(orderCounts, (click, orders) => click with { IsCustomer = orders?.Value > 0 })
    /// </code></example>
    public KStream<TKey, TResult> LeftJoin<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TValue, ValueAndTimestamp<TTableValue>?, TResult> joiner,
        Joined<TKey, TValue>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinTable(
            table,
            new RowJoiner<TKey, TValue, TTableValue, TResult>((_, value, row) => joiner(value, row), IsLeft: true),
            LeftJoinPrefix,
            joined);
    }

    /// <summary>
    /// Joins each record with the row of its key, if there is one, as
    /// <see cref="LeftJoin{TTableValue, TResult}(KTable{TKey, TTableValue}, Func{TValue, ValueAndTimestamp{TTableValue}?, TResult}, Joined{TKey, TValue}?)"/>,
    /// with the key as a further argument. A record without a key of a value type that is not nullable is an error, and the
    /// processing error handler decides.
    /// </summary>
    /// <typeparam name="TTableValue">Type of the table's values: a class, a struct or a nullable.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">
    /// Makes the result of the key, the record's value and the row, <see langword="null"/> without a row; must not change
    /// any.
    /// </param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    public KStream<TKey, TResult> LeftJoin<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TKey, TValue, ValueAndTimestamp<TTableValue>?, TResult> joiner,
        Joined<TKey, TValue>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinTable(
            table,
            new RowJoiner<TKey, TValue, TTableValue, TResult>(joiner, IsLeft: true, ShowsKey: true),
            LeftJoinPrefix,
            joined);
    }
}
