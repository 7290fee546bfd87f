using StreamFlow.Dsl;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KGroupedStream<TKey, TValue>
{
    /// <summary>Counts the records of each key. Those without key or value are dropped and not counted.</summary>
    /// <param name="materialized">How counts are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The count of each key.</returns>
    /// <example><code>words.GroupByKey().Count(new() { Name = "word-counts" })</code></example>
    public KTable<TKey, long> Count(Materialized<TKey, long>? materialized = null)
    {
        CountFold<TKey, TValue>.BurnNumber(_source, materialized);
        materialized ??= new Materialized<TKey, long>();
        return Aggregate(
            CountFold<TKey, TValue>.Instance,
            materialized,
            SerdeSource<long>.Of(materialized.ValueSerde ?? Serdes.Int64),
            AggregatePrefix);
    }
}

public sealed partial class TimeWindowedKStream<TKey, TValue>
{
    /// <summary>
    /// Counts the records of each key in each window. Those without a key are dropped; those without a value count, as
    /// in Kafka Streams, other than in a count without windows.
    /// </summary>
    /// <param name="materialized">How counts are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The count of each key and window.</returns>
    /// <example><code>clicks.GroupByKey().WindowedBy(windows).Count(new() { Name = "clicks-per-minute" })</code></example>
    public KTable<Windowed<TKey>, long> Count(Materialized<TKey, long>? materialized = null)
    {
        CountFold<TKey, TValue>.BurnNumber(_source, materialized);
        materialized ??= new Materialized<TKey, long>();
        return Aggregate(
            CountFold<TKey, TValue>.Instance,
            materialized,
            SerdeSource<long>.Of(materialized.ValueSerde ?? Serdes.Int64),
            AggregatePrefix);
    }
}

internal sealed class CountFold<TKey, TValue> : Fold<TKey, TValue, long>
{
    public static readonly CountFold<TKey, TValue> Instance = new();

    public override bool TakesMissingValue => true;

    public override long Apply(in Record<TKey, TValue> record, long current, bool hasCurrent) =>
        hasCurrent ? current + 1 : 1;

    /// <summary>Kafka Streams uses one number more where options without a store name are given; names depend on it.</summary>
    public static void BurnNumber(GroupedSource<TKey, TValue> source, Materialized<TKey, long>? materialized)
    {
        if (materialized is { Name: null })
        {
            source.Graph.BurnNumber();
        }
    }
}
