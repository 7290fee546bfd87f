using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>How a stream is sent through a repartition topic.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record Repartitioned<TKey, TValue>
{
    private readonly int? _partitionCount;

    /// <summary>Serde of the keys.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TKey>? KeySerde { get; init; }

    /// <summary>Serde of the values.</summary>
    /// <value>Default: the stream's, or the one registered for the type.</value>
    public ISerde<TValue>? ValueSerde { get; init; }

    /// <summary>Number of partitions of the topic.</summary>
    /// <value>Default: the largest number among the topics read upstream.</value>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int? PartitionCount
    {
        get => _partitionCount;
        init
        {
            if (value is { } count)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            }

            _partitionCount = value;
        }
    }

    /// <summary>Chooses the partition.</summary>
    /// <value>Default: by the hash of the key, as Kafka's clients do.</value>
    public StreamPartitioner<TKey, TValue>? Partitioner { get; init; }

    /// <summary>Base of the topic's name, <c>{application id}-{name}-repartition</c>, and of its three nodes.</summary>
    /// <value>Default: generated, as <c>KSTREAM-REPARTITION-0000000000</c>.</value>
    public string? Name { get; init; }
}
