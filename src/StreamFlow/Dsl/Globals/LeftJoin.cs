using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Joins each record with a row of a global table, as the table is when the record is processed, or with
    /// <see langword="null"/> where there is none or the record has no key in the table; updates of the table give no results, and
    /// no time ties the two together. A record without a value is dropped and counted. The topics need not
    /// have the same number of partitions.
    /// </summary>
    /// <typeparam name="TGlobalKey">Type of the table's keys.</typeparam>
    /// <typeparam name="TGlobal">Type of the table's rows.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The global table.</param>
    /// <param name="selector">Finds the key of the row for a record's key and value; <see langword="null"/> for none.</param>
    /// <param name="joiner">
    /// Makes the result of the record's value and the row, <see langword="null"/> without a row; must not change either.
    /// </param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-LEFTJOIN-0000000003</c>.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    /// <example><code>orders.LeftJoin(products, (id, order) => order.Product, (order, product) => $"{order.Id} {product?.Value.Name}")</code></example>
    public KStream<TKey, TResult> LeftJoin<TGlobalKey, TGlobal, TResult>(
        GlobalKTable<TGlobalKey, TGlobal> table, Func<TKey, TValue, TGlobalKey?> selector,
        Func<TValue, ValueAndTimestamp<TGlobal>?, TResult> joiner, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinGlobal(
            table,
            selector,
            new RowJoiner<TKey, TValue, TGlobal, TResult>((_, value, row) => joiner(value, row), IsLeft: true),
            name);
    }

    /// <summary>
    /// Joins each record with a row of a global table, or with none, as
    /// <see cref="LeftJoin{TGlobalKey, TGlobal, TResult}(GlobalKTable{TGlobalKey, TGlobal}, Func{TKey, TValue, TGlobalKey}, Func{TValue, ValueAndTimestamp{TGlobal}?, TResult}, string?)"/>,
    /// with the record's key as a further argument.
    /// </summary>
    /// <typeparam name="TGlobalKey">Type of the table's keys.</typeparam>
    /// <typeparam name="TGlobal">Type of the table's rows.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The global table.</param>
    /// <param name="selector">Finds the key of the row for a record's key and value; <see langword="null"/> for none.</param>
    /// <param name="joiner">
    /// Makes the result of the record's key and value, and the row, <see langword="null"/> without a row; must not change any.
    /// </param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-LEFTJOIN-0000000003</c>.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    public KStream<TKey, TResult> LeftJoin<TGlobalKey, TGlobal, TResult>(
        GlobalKTable<TGlobalKey, TGlobal> table, Func<TKey, TValue, TGlobalKey?> selector,
        Func<TKey, TValue, ValueAndTimestamp<TGlobal>?, TResult> joiner, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinGlobal(
            table,
            selector,
            new RowJoiner<TKey, TValue, TGlobal, TResult>(joiner, IsLeft: true),
            name);
    }
}
