using StreamFlow.Dsl;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class SessionWindowedKStream<TKey, TValue>
{
    /// <summary>
    /// Counts the records of each key in each session. Those without a key are dropped; those without a value count, as in
    /// Kafka Streams. A session that grows is deleted, and comes again with its new bounds.
    /// </summary>
    /// <param name="materialized">How counts are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The count of each key and session; the time of a result is the end of its session.</returns>
    /// <example><code>clicks.GroupByKey().WindowedBy(sessions).Count(new() { Name = "clicks-per-visit" })</code></example>
    public KTable<Windowed<TKey>, long> Count(Materialized<TKey, long>? materialized = null)
    {
        CountFold<TKey, TValue>.BurnNumber(_source, materialized);
        materialized ??= new Materialized<TKey, long>();
        return Aggregate(
            new SessionFold<TKey, TValue, long>(
                CountFold<TKey, TValue>.Instance, static (_, count, hasCount, session) => hasCount ? count + session : session),
            materialized,
            SerdeSource<long>.Of(materialized.ValueSerde ?? Serdes.Int64),
            AggregatePrefix);
    }
}
