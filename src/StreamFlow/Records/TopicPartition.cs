namespace StreamFlow;

/// <summary>A partition of a topic.</summary>
/// <param name="Topic">Name of the topic.</param>
/// <param name="Partition">Number of the partition, from 0.</param>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <summary>The partition as Kafka's tools print it, <c>topic-0</c>.</summary>
    /// <returns>Topic and number joined by a hyphen.</returns>
    public override string ToString() => $"{Topic}-{Partition}";
}
