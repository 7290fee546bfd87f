namespace StreamFlow;

/// <summary>A partition of a store that is here, as it is at one moment.</summary>
/// <param name="TaskId">The task that has it.</param>
/// <param name="IsRestoring">Whether it is being restored.</param>
/// <param name="ChangelogOffset">Offset of the next changelog record to apply; null while none is known or there is no changelog.</param>
/// <param name="Inputs">The records of the task's inputs that come next: those before are in what is committed.</param>
/// <param name="ApproximateCount">An estimate of the number of entries.</param>
public sealed record StorePartition(
    TaskId TaskId, bool IsRestoring, long? ChangelogOffset, IReadOnlyList<RecordPosition> Inputs, long ApproximateCount);

/// <summary>Where a key of a store belongs.</summary>
/// <param name="TaskId">The task that has it, by Kafka's default partitioner.</param>
/// <param name="IsHere">Whether that task is here and can be read.</param>
public sealed record KeyPlace(TaskId TaskId, bool IsHere);

/// <summary>A member of the application's group, a stream thread of some instance, that has partitions of a store.</summary>
/// <param name="ClientId">Name of the instance (<see cref="StreamFlowOptions.ClientId"/>), with the number of the thread.</param>
/// <param name="Host">Where the broker says it connects from.</param>
/// <param name="Partitions">The partitions of the store that it has, by the last rebalance.</param>
public sealed record StoreMember(string ClientId, string Host, IReadOnlyList<int> Partitions);
