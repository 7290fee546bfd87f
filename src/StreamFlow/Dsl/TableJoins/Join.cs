using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    /// <summary>
    /// Joins the rows of two tables that have the same key, where both have one. When either changes, the result does; it is deleted
    /// when one of them is. Each result has the later time of the two rows and the headers of the one that changed.
    /// </summary>
    /// <typeparam name="TOther">Type of the other table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other table; the topics of both must have the same number of partitions.</param>
    /// <param name="joiner">
    /// Makes the result of the two values, <see langword="null"/> for none; must not change either, and must give the same result
    /// each time.
    /// </param>
    /// <param name="materialized">
    /// A store of the results' own, if it says more than a <see cref="Materialized{TKey, TValue}.ProcessorName"/>; by default the
    /// results are not stored, but derived from the rows of both tables. The operator's name is by default generated, as
    /// <c>KTABLE-MERGE-0000000006</c>.
    /// </param>
    /// <returns>The results, by the keys of both tables.</returns>
    /// <exception cref="TopologyException">The other table is of another builder.</exception>
    /// <example><code>
    /// customers.Join(accounts, (customer, account) => $"{customer.Name}: {account.Balance}")
    /// customers.Join(accounts, (customer, account) => account.Balance, new() { Name = "balances" })
    /// </code></example>
    public KTable<TKey, TResult> Join<TOther, TResult>(
        KTable<TKey, TOther> other, Func<TValue, TOther, TResult?> joiner,
        Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinTable(
            other,
            new PairJoiner<TKey, TValue, TOther, TResult>(
                (_, row, other) => joiner(row.GetValueOrDefault().Value, other.GetValueOrDefault().Value)!, NeedsThis: true, NeedsOther: true),
            materialized);
    }

    /// <summary>
    /// Joins the rows of two tables with the key as a further argument of the joiner; else as
    /// <see cref="Join{TOther, TResult}(KTable{TKey, TOther}, Func{TValue, TOther, TResult}, Materialized{TKey, TResult})"/>.
    /// </summary>
    /// <typeparam name="TOther">Type of the other table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other table; the topics of both must have the same number of partitions.</param>
    /// <param name="joiner">The same with the key before the rows; must not change any.</param>
    /// <param name="materialized">A store of the results' own, and the name of the operator.</param>
    /// <returns>The results, by the keys of both tables.</returns>
    /// <exception cref="TopologyException">The other table is of another builder.</exception>
    public KTable<TKey, TResult> Join<TOther, TResult>(
        KTable<TKey, TOther> other, Func<TKey, TValue, TOther, TResult?> joiner,
        Materialized<TKey, TResult>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinTable(
            other,
            new PairJoiner<TKey, TValue, TOther, TResult>(
                (key, row, other) => joiner(key, row.GetValueOrDefault().Value, other.GetValueOrDefault().Value)!, NeedsThis: true, NeedsOther: true),
            materialized);
    }
}
