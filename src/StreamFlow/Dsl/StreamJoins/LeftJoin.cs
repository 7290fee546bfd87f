using StreamFlow.Dsl;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Joins each record with every record of the other stream that has its key and is near it in time, whichever of the two
    /// comes first, or with <see langword="null"/> where it meets none. That is told once none can come any more: when the window
    /// and the grace are over by the time of the records, and a later record of either stream comes. A record
    /// without a key meets none, and says so at once. Records of this stream without a value, and those of the other without key
    /// or value, are dropped and counted. The topics of both must have the same number of
    /// partitions; where keys changed, a stream goes through a repartition topic that has.
    /// </summary>
    /// <typeparam name="TOther">Type of the other stream's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other stream, the right one; it may be this one.</param>
    /// <param name="joiner">
    /// Makes the result of this stream's value and the other record, <see langword="null"/> if there was none; must not change
    /// either.
    /// </param>
    /// <param name="windows">How far apart the two may be, and how long one waits for the other.</param>
    /// <param name="joined">Names, serdes and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with the later time of the two and the headers of the record that came last.</returns>
    /// <exception cref="TopologyException">The other stream is of another builder.</exception>
    /// <example><code>
    /// orders.LeftJoin(payments, (order, payment) => payment is { } found ? $"{order.Id} paid {found.Value.Amount}" : $"{order.Id} open",
    ///     JoinWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1)))
    /// </code></example>
    public KStream<TKey, TResult> LeftJoin<TOther, TResult>(
        KStream<TKey, TOther> other, Func<TValue, ValueAndTimestamp<TOther>?, TResult> joiner, JoinWindows windows,
        StreamJoined<TKey, TValue, TOther>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(
            other,
            new StreamJoiner<TKey, TValue, TOther, TResult>(
                (_, left, right) => joiner(left.GetValueOrDefault().Value, right),
                StreamJoinKind.Left,
                ShowsKey: false),
            windows,
            joined);
    }

    /// <summary>
    /// Joins each record with those of the other stream near it in time, or with none, as
    /// <see cref="LeftJoin{TOther, TResult}(KStream{TKey, TOther}, Func{TValue, ValueAndTimestamp{TOther}?, TResult}, JoinWindows, StreamJoined{TKey, TValue, TOther}?)"/>,
    /// with the key as a further argument. A record without a key of a value type that is not nullable is an error, and the
    /// processing error handler decides.
    /// </summary>
    /// <typeparam name="TOther">Type of the other stream's values.</typeparam>
    /// <typeparam name="TResult">Type of the results.</typeparam>
    /// <param name="other">The other stream, the right one; it may be this one.</param>
    /// <param name="joiner">
    /// Makes the result of the key, this stream's value and the other record, <see langword="null"/> if there was none; must not
    /// change any.
    /// </param>
    /// <param name="windows">How far apart the two may be, and how long one waits for the other.</param>
    /// <param name="joined">Names, serdes and stores, or <see langword="null"/> for defaults.</param>
    /// <returns>The results, with the later time of the two and the headers of the record that came last.</returns>
    /// <exception cref="TopologyException">The other stream is of another builder.</exception>
    public KStream<TKey, TResult> LeftJoin<TOther, TResult>(
        KStream<TKey, TOther> other, Func<TKey, TValue, ValueAndTimestamp<TOther>?, TResult> joiner, JoinWindows windows,
        StreamJoined<TKey, TValue, TOther>? joined = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(
            other,
            new StreamJoiner<TKey, TValue, TOther, TResult>(
                (key, left, right) => joiner(key, left.GetValueOrDefault().Value, right),
                StreamJoinKind.Left,
                ShowsKey: true),
            windows,
            joined);
    }
}
