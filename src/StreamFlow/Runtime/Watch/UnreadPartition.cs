namespace StreamFlow;

/// <summary>A partition of the application that has records and does not come forward.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Records">Offsets between the position and the end: the committed position where another instance has the partition.</param>
/// <param name="Lasts">For how long records have been there and the position where it is, as far as this instance has seen.</param>
public sealed record UnreadPartition(TopicPartition Partition, long Records, TimeSpan Lasts)
{
    /// <summary>The member that the group says has it, by client id and host.</summary>
    /// <value>Default: <see langword="null"/>, none, or it has it together with another partition.</value>
    public string? Member { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Partition} has {Records} records that are not read, without progress for {(long)Lasts.TotalSeconds} s"
        + (Member is null ? string.Empty : $"; it is with {Member}");
}
