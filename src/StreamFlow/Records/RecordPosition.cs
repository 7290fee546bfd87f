namespace StreamFlow;

/// <summary>Where an input record lies.</summary>
/// <param name="Partition">Topic and partition.</param>
/// <param name="Offset">Offset in it.</param>
public readonly record struct RecordPosition(TopicPartition Partition, long Offset)
{
    /// <summary>The position as messages print it, <c>orders-0 offset 42</c>.</summary>
    /// <returns>Partition and offset.</returns>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Partition} offset {Offset}");
}
