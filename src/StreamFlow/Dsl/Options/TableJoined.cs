namespace StreamFlow;

/// <summary>How two tables are joined by a foreign key.</summary>
/// <typeparam name="TKey">Type of the table's keys, which are those of the results.</typeparam>
/// <typeparam name="TOtherKey">Type of the other table's keys, the foreign keys.</typeparam>
/// <typeparam name="TResult">Type of the results.</typeparam>
public sealed record TableJoined<TKey, TOtherKey, TResult>
{
    /// <summary>
    /// Base of the names of the join's operators, topics and store: <c>{name}-subscription-registration</c>,
    /// <c>{name}-subscription-response</c>, <c>{name}-subscription-store</c> and so on.
    /// </summary>
    /// <value>Default: generated, as <c>KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006</c>.</value>
    public string? Name { get; init; }

    /// <summary>Chooses the partition of the answer to a row.</summary>
    /// <value>Default: the one that the row is in, however it came there.</value>
    public KeyPartitioner<TKey>? Partitioner { get; init; }

    /// <summary>
    /// Chooses the partition that a foreign key is looked up in. Needed where the other table's topic is not partitioned by the hash of
    /// its keys.
    /// </summary>
    /// <value>Default: by the hash of the key, as Kafka's clients do.</value>
    public KeyPartitioner<TOtherKey>? OtherPartitioner { get; init; }

    /// <summary>
    /// A store of the results' own, if it has a <see cref="Materialized{TKey, TValue}.Name"/> or a
    /// <see cref="Materialized{TKey, TValue}.History"/>, or once something looks the results up. Their operator is named by
    /// <see cref="Name"/>.
    /// </summary>
    /// <value>Default: none.</value>
    public Materialized<TKey, TResult>? Materialized { get; init; }
}

/// <summary>Chooses a partition by a key.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <param name="topic">Name of the topic.</param>
/// <param name="key">The key.</param>
/// <param name="partitionCount">Number of partitions of the topic.</param>
/// <returns>A partition from 0.</returns>
public delegate int KeyPartitioner<in TKey>(string topic, TKey key, int partitionCount);
