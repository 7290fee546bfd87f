using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Joins each record of either stream with every record of the other that has its key and is near it in time, whichever of
    /// the two comes first, or with <see langword="null"/> where it meets none. That is told once none can come any more: when
    /// the window and the grace are over by the time of the records, and a later record of either stream comes. A
    /// record without a key meets none, and says so at once. Records without a value are dropped and counted. The topics of both must have the same number of
    /// partitions; where keys changed, a stream goes through a repartition topic that has.
    /// </summary>
    /// <typeparam name="TOther">Type of the other stream's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other stream, the right one; it may be this one.</param>
    /// <param name="joiner">
    /// Makes the result of this stream's record and the other's, of which one may be <see langword="null"/>; must not change either.
    /// </param>
    /// <param name="windows">How far apart the two may be, and how long one waits for the other.</param>
    /// <param name="joined">Names, serdes and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with the later time of the two and the headers of the record that came last.</returns>
    /// <exception cref="TopologyException">The other stream is of another builder.</exception>
    /// <example><code>
    /// orders.OuterJoin(payments, (order, payment) => new Pair(order?.Value, payment?.Value),
    ///     JoinWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1)))
    /// </code></example>
    public KStream<TKey, TResult> OuterJoin<TOther, TResult>(
        KStream<TKey, TOther> other, Func<ValueAndTimestamp<TValue>?, ValueAndTimestamp<TOther>?, TResult> joiner,
        JoinWindows windows, StreamJoined<TKey, TValue, TOther>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(
            other,
            new StreamJoiner<TKey, TValue, TOther, TResult>(
                (_, left, right) => joiner(left, right),
                StreamJoinKind.Outer,
                ShowsKey: false),
            windows,
            joined);
    }

    /// <summary>
    /// Joins the records of both streams that are near each other in time, and those that meet none, as
    /// <see cref="OuterJoin{TOther, TResult}(KStream{TKey, TOther}, Func{ValueAndTimestamp{TValue}?, ValueAndTimestamp{TOther}?, TResult}, JoinWindows, StreamJoined{TKey, TValue, TOther}?)"/>,
    /// with the key as a further argument. A record without a key of a value type that is not nullable is an error, and the
    /// processing error handler decides.
    /// </summary>
    /// <typeparam name="TOther">Type of the other stream's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other stream, the right one; it may be this one.</param>
    /// <param name="joiner">
    /// Makes the result of the key, this stream's record and the other's, of which one may be <see langword="null"/>; must not change
    /// any.
    /// </param>
    /// <param name="windows">How far apart the two may be, and how long one waits for the other.</param>
    /// <param name="joined">Names, serdes and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with the later time of the two and the headers of the record that came last.</returns>
    /// <exception cref="TopologyException">The other stream is of another builder.</exception>
    public KStream<TKey, TResult> OuterJoin<TOther, TResult>(
        KStream<TKey, TOther> other, Func<TKey, ValueAndTimestamp<TValue>?, ValueAndTimestamp<TOther>?, TResult> joiner,
        JoinWindows windows, StreamJoined<TKey, TValue, TOther>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(
            other,
            new StreamJoiner<TKey, TValue, TOther, TResult>(
                joiner,
                StreamJoinKind.Outer,
                ShowsKey: true),
            windows,
            joined);
    }
}
