using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>How records are grouped, which matters where grouping sends them through a repartition topic.</summary>
/// <typeparam name="TKey">Type of the keys grouped by.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record Grouped<TKey, TValue>
{
    /// <summary>Serde of the keys.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the values.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <summary>
    /// Base of the repartition topic's name, <c>{application id}-{name}-repartition</c>. Named, one such topic serves all
    /// aggregations of the group; with <c>GroupBy</c> it also names the operator that selects the key.
    /// </summary>
    /// <value>Default: the name of each aggregation's store.</value>
    public string? Name { get; init; }
}
