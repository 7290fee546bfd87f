using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    /// <summary>
    /// Joins each row with the row of another table whose key is in it, a foreign key, or with <see langword="null"/> where there is
    /// none. When either changes, the result does: a change of the other row changes the results of all rows that have its key.
    /// </summary>
    /// <remarks>
    /// The results come over two internal topics, so they follow their rows a little later; of rapid changes some may have no result, and
    /// the last one always has. A result that this table's row causes has the later time of both rows, one that the other row causes has
    /// the time of that. The rows of both tables are kept in stores for it. Other than in a join by key, the topics of the tables need
    /// not have the same number of partitions.
    /// </remarks>
    /// <typeparam name="TOtherKey">Type of the other table's keys; nullable, where it is a value type and a row may have none.</typeparam>
    /// <typeparam name="TOther">Type of the other table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other table.</param>
    /// <param name="foreignKey">
    /// Takes the other table's key out of key and value, <see langword="null"/> for none; called again for the value before, so it must
    /// have no side effects and give the same key each time.
    /// </param>
    /// <param name="joiner">
    /// Makes the result of this table's value and the other row, <see langword="null"/> without one; must not change either. A result of
    /// <see langword="null"/> is none. The other row has the time of the result.
    /// </param>
    /// <param name="joined">Names, partitioners and the results' own store, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, by the keys of this table.</returns>
    /// <exception cref="TopologyException">The other table is of another builder.</exception>
    /// <example><code>
    /// orders.LeftJoin(customers, (id, order) => order.Customer, (order, customer) => $"{order.Id} of {customer?.Value.Name}")
    /// </code></example>
    public KTable<TKey, TResult> LeftJoin<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TKey, TValue, TOtherKey?> foreignKey,
        Func<TValue, ValueAndTimestamp<TOther>?, TResult?> joiner, TableJoined<TKey, TOtherKey, TResult>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinByForeignKey(
            other,
            foreignKey,
            new ForeignKeyJoiner<TKey, TValue, TOther, TResult>((_, value, row) => joiner(value, row)!, IsLeft: true),
            joined);
    }

    /// <summary>
    /// Joins by a foreign key with the key of this table as a further argument of the joiner; else as the other form.
    /// </summary>
    /// <typeparam name="TOtherKey">Type of the other table's keys; nullable, where it is a value type and a row may have none.</typeparam>
    /// <typeparam name="TOther">Type of the other table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other table.</param>
    /// <param name="foreignKey">Takes the other table's key out of key and value, <see langword="null"/> for none.</param>
    /// <param name="joiner">The same with this table's key before the rows; must not change any.</param>
    /// <param name="joined">Names, partitioners and the results' own store, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, by the keys of this table.</returns>
    /// <exception cref="TopologyException">The other table is of another builder.</exception>
    public KTable<TKey, TResult> LeftJoin<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TKey, TValue, TOtherKey?> foreignKey,
        Func<TKey, TValue, ValueAndTimestamp<TOther>?, TResult?> joiner, TableJoined<TKey, TOtherKey, TResult>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinByForeignKey(
            other,
            foreignKey,
            new ForeignKeyJoiner<TKey, TValue, TOther, TResult>(joiner!, IsLeft: true),
            joined);
    }
}
