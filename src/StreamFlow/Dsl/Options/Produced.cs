using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>How a topic is written.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record Produced<TKey, TValue>
{
    /// <summary>Serde of the keys.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the values.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <summary>Chooses the partition.</summary>
    /// <value>Default: by the hash of the key, as Kafka's clients do; of a windowed key without its window.</value>
    public StreamPartitioner<TKey, TValue>? Partitioner { get; init; }

    /// <summary>Name of the sink node.</summary>
    /// <value>Default: generated, as <c>KSTREAM-SINK-0000000000</c>.</value>
    public string? Name { get; init; }
}
