namespace StreamFlow;

/// <summary>A rebalance as one thread has seen it: what it gave up and what it got.</summary>
/// <param name="At">When the group first told of it.</param>
/// <param name="Assigned">Partitions of the leader topics that came; the task of the same number reads each, and its partners.</param>
/// <param name="Revoked">Those that went in order.</param>
/// <param name="Lost">Those that had gone before the thread was told.</param>
/// <param name="Pause">From then until all tasks of the thread ran; null while they do not.</param>
public sealed record StreamRebalance(
    DateTimeOffset At, IReadOnlyList<TopicPartition> Assigned, IReadOnlyList<TopicPartition> Revoked,
    IReadOnlyList<TopicPartition> Lost, TimeSpan? Pause);
