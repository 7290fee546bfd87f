using StreamFlow.Dsl;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KGroupedTable<TKey, TValue>
{
    /// <summary>Counts the rows of each group. A group that has no rows any more has the count 0.</summary>
    /// <param name="materialized">How counts are kept, or <see langword="null"/> for defaults.</param>
    /// <returns>The count of each group.</returns>
    /// <example><code>customers.GroupBy((id, customer) => (customer.Country, id)).Count(new() { Name = "per-country" })</code></example>
    public KTable<TKey, long> Count(Materialized<TKey, long>? materialized = null)
    {
        materialized ??= new Materialized<TKey, long>();
        return Aggregate(
            CountTableFold<TKey, TValue>.Instance,
            materialized,
            SerdeSource<long>.Of(materialized.ValueSerde ?? Serdes.Int64),
            AggregatePrefix);
    }
}

internal sealed class CountTableFold<TKey, TValue> : TableFold<TKey, TValue, long>
{
    public static readonly CountTableFold<TKey, TValue> Instance = new();

    protected override long Subtract(TKey key, TValue value, long aggregate) => aggregate - 1;

    protected override long Add(TKey key, TValue value, long aggregate, bool hasAggregate) =>
        hasAggregate ? aggregate + 1 : 1;
}
