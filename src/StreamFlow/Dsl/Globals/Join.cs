using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Joins each record with a row of a global table, as the table is when the record is processed; updates of the table give
    /// no results, and no time ties the two together. Records without a row are left out, those without a value or
    /// without a key in the table are dropped and counted. The topics need not have the same number of partitions.
    /// </summary>
    /// <typeparam name="TGlobalKey">Type of the table's keys.</typeparam>
    /// <typeparam name="TGlobal">Type of the table's rows.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The global table.</param>
    /// <param name="selector">Finds the key of the row for a record's key and value; <see langword="null"/> for none.</param>
    /// <param name="joiner">Makes the result of the record's value and the row's; must not change either.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-LEFTJOIN-0000000003</c>.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    /// <example><code>orders.Join(products, (id, order) => order.Product, (order, product) => order with { Price = product.Price })</code></example>
    public KStream<TKey, TResult> Join<TGlobalKey, TGlobal, TResult>(
        GlobalKTable<TGlobalKey, TGlobal> table, Func<TKey, TValue, TGlobalKey?> selector,
        Func<TValue, TGlobal, TResult> joiner, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinGlobal(
            table,
            selector,
            new RowJoiner<TKey, TValue, TGlobal, TResult>((_, value, row) => joiner(value, row.GetValueOrDefault().Value)),
            name);
    }

    /// <summary>
    /// Joins each record with a row of a global table, as
    /// <see cref="Join{TGlobalKey, TGlobal, TResult}(GlobalKTable{TGlobalKey, TGlobal}, Func{TKey, TValue, TGlobalKey}, Func{TValue, TGlobal, TResult}, string?)"/>,
    /// with the record's key as a further argument.
    /// </summary>
    /// <typeparam name="TGlobalKey">Type of the table's keys.</typeparam>
    /// <typeparam name="TGlobal">Type of the table's rows.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The global table.</param>
    /// <param name="selector">Finds the key of the row for a record's key and value; <see langword="null"/> for none.</param>
    /// <param name="joiner">Makes the result of the record's key and value, and the row's value; must not change any.</param>
    /// <param name="name">Name of the operator; default generated, as <c>KSTREAM-LEFTJOIN-0000000003</c>.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    public KStream<TKey, TResult> Join<TGlobalKey, TGlobal, TResult>(
        GlobalKTable<TGlobalKey, TGlobal> table, Func<TKey, TValue, TGlobalKey?> selector,
        Func<TKey, TValue, TGlobal, TResult> joiner, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinGlobal(
            table,
            selector,
            new RowJoiner<TKey, TValue, TGlobal, TResult>((key, value, row) => joiner(key, value, row.GetValueOrDefault().Value)),
            name);
    }
}
