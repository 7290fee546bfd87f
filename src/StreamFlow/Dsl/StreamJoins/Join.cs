using StreamFlow.Dsl;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Joins each record with every record of the other stream that has its key and is near it in time, whichever of the two
    /// comes first. Records that meet none have no result, those without key or value are dropped and counted. The topics of both must have the same number of
    /// partitions; where keys changed, a stream goes through a repartition topic that has.
    /// </summary>
    /// <typeparam name="TOther">Type of the other stream's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other stream, the right one; it may be this one.</param>
    /// <param name="joiner">Makes the result of this stream's value and the other's; must not change either.</param>
    /// <param name="windows">How far apart the two may be, and how long one waits for the other.</param>
    /// <param name="joined">Names, serdes and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with the later time of the two and the headers of the record that came last.</returns>
    /// <exception cref="TopologyException">The other stream is of another builder.</exception>
    /// <example><code>
    /// orders.Join(payments, (order, payment) => order with { Paid = payment.Amount },
    ///     JoinWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1)), new() { StoreName = "paid-orders" })
    /// </code></example>
    public KStream<TKey, TResult> Join<TOther, TResult>(
        KStream<TKey, TOther> other, Func<TValue, TOther, TResult> joiner, JoinWindows windows,
        StreamJoined<TKey, TValue, TOther>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(
            other,
            new StreamJoiner<TKey, TValue, TOther, TResult>(
                (_, left, right) => joiner(left.GetValueOrDefault().Value, right.GetValueOrDefault().Value),
                StreamJoinKind.Inner,
                ShowsKey: false),
            windows,
            joined);
    }

    /// <summary>
    /// Joins each record with those of the other stream near it in time, as
    /// <see cref="Join{TOther, TResult}(KStream{TKey, TOther}, Func{TValue, TOther, TResult}, JoinWindows, StreamJoined{TKey, TValue, TOther}?)"/>,
    /// with the key as a further argument.
    /// </summary>
    /// <typeparam name="TOther">Type of the other stream's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other stream, the right one; it may be this one.</param>
    /// <param name="joiner">Makes the result of the key, this stream's value and the other's; must not change any.</param>
    /// <param name="windows">How far apart the two may be, and how long one waits for the other.</param>
    /// <param name="joined">Names, serdes and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with the later time of the two and the headers of the record that came last.</returns>
    /// <exception cref="TopologyException">The other stream is of another builder.</exception>
    public KStream<TKey, TResult> Join<TOther, TResult>(
        KStream<TKey, TOther> other, Func<TKey, TValue, TOther, TResult> joiner, JoinWindows windows,
        StreamJoined<TKey, TValue, TOther>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(
            other,
            new StreamJoiner<TKey, TValue, TOther, TResult>(
                (key, left, right) => joiner(key, left.GetValueOrDefault().Value, right.GetValueOrDefault().Value),
                StreamJoinKind.Inner,
                ShowsKey: false),
            windows,
            joined);
    }
}
