using System.Runtime.CompilerServices;
using StreamFlow.Dsl;

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
    /// <typeparam name="TTableValue">Type of the table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">
    /// Makes the result of the record's value and the row's, <see langword="null"/> without a row; must not change either.
    /// </param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="ArgumentException">The joiner's row is of a type that cannot be missing.</exception>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    /// <example><code>orders.LeftJoin(customers, (order, customer) => $"{order.Id} {customer?.Name ?? "unknown"}")</code></example>
    public KStream<TKey, TResult> LeftJoin<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TValue, TTableValue?, TResult> joiner, Joined<TKey, TValue>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        EnsureMayBeMissing<TTableValue>(nameof(joiner));
        return LeftJoin<TTableValue, TResult>(
            table, (_, value, row, _) => joiner(value, row), joined, takesMissingKey: true);
    }

    /// <summary>
    /// Joins each record with the row of its key, if there is one, as
    /// <see cref="LeftJoin{TTableValue, TResult}(KTable{TKey, TTableValue}, Func{TValue, TTableValue, TResult}, Joined{TKey, TValue}?)"/>,
    /// with the key as a further argument. A record without a key of a value type that is not nullable is dropped and
    /// counted.
    /// </summary>
    /// <typeparam name="TTableValue">Type of the table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">
    /// Makes the result of the key, the record's value and the row's, <see langword="null"/> without a row; must not change
    /// any.
    /// </param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="ArgumentException">The joiner's row is of a type that cannot be missing.</exception>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    public KStream<TKey, TResult> LeftJoin<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TKey, TValue, TTableValue?, TResult> joiner,
        Joined<TKey, TValue>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        EnsureMayBeMissing<TTableValue>(nameof(joiner));
        return LeftJoin<TTableValue, TResult>(
            table, (key, value, row, _) => joiner(key, value, row), joined, takesMissingKey: default(TKey) is null);
    }

    /// <summary>
    /// Joins each record with the row of its key, if there is one, as
    /// <see cref="LeftJoin{TTableValue, TResult}(KTable{TKey, TTableValue}, Func{TValue, TTableValue, TResult}, Joined{TKey, TValue}?)"/>,
    /// with a table of value types.
    /// </summary>
    /// <typeparam name="TTableValue">Type of the table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">
    /// Makes the result of the record's value and the row's, <see langword="null"/> without a row; must not change either.
    /// </param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    /// <example><code>clicks.LeftJoin(orderCounts, (click, orders) => click with { IsCustomer = orders > 0 })</code></example>
    [OverloadResolutionPriority(1)]
    public KStream<TKey, TResult> LeftJoin<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TValue, TTableValue?, TResult> joiner, Joined<TKey, TValue>? joined = null)
        where TTableValue : struct
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return LeftJoin<TTableValue, TResult>(
            table, (_, value, row, hasRow) => joiner(value, hasRow ? row : null), joined, takesMissingKey: true);
    }

    /// <summary>
    /// Joins each record with the row of its key, if there is one, as
    /// <see cref="LeftJoin{TTableValue, TResult}(KTable{TKey, TTableValue}, Func{TKey, TValue, TTableValue, TResult}, Joined{TKey, TValue}?)"/>,
    /// with a table of value types.
    /// </summary>
    /// <typeparam name="TTableValue">Type of the table's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="table">The table.</param>
    /// <param name="joiner">
    /// Makes the result of the key, the record's value and the row's, <see langword="null"/> without a row; must not change
    /// any.
    /// </param>
    /// <param name="joined">Name and serdes, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with key, time and headers of the record.</returns>
    /// <exception cref="TopologyException">The table is of another builder.</exception>
    [OverloadResolutionPriority(1)]
    public KStream<TKey, TResult> LeftJoin<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TKey, TValue, TTableValue?, TResult> joiner,
        Joined<TKey, TValue>? joined = null)
        where TTableValue : struct
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return LeftJoin<TTableValue, TResult>(
            table,
            (key, value, row, hasRow) => joiner(key, value, hasRow ? row : null),
            joined,
            takesMissingKey: default(TKey) is null);
    }

    private KStream<TKey, TResult> LeftJoin<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, Func<TKey, TValue, TTableValue, bool, TResult> join, Joined<TKey, TValue>? joined,
        bool takesMissingKey) =>
        JoinTable(
            table,
            new RowJoiner<TKey, TValue, TTableValue, TResult>(join, TakesMissingRow: true, takesMissingKey),
            LeftJoinPrefix,
            joined);

    /// <summary>Only a joiner that is no lambda gets here with a type that has no <see langword="null"/>.</summary>
    private static void EnsureMayBeMissing<TTableValue>(string joiner)
    {
        if (default(TTableValue) is not null)
        {
            throw new ArgumentException(
                $"The joiner takes a {typeof(TTableValue).Name}, which cannot say that the table has no row. Let it take a "
                + $"{typeof(TTableValue).Name}?.",
                joiner);
        }
    }
}
