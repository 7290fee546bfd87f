using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Clients;

/// <summary>An offset of a partition to commit or to start from.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">Offset of the next record to read; <see cref="Stored"/>, <see cref="Beginning"/> and
/// <see cref="End"/> are special.</param>
/// <param name="Metadata">Text stored beside a committed offset, or <see langword="null"/>.</param>
[Experimental("SF0001")]
public readonly record struct PartitionOffset(TopicPartition Partition, long Offset, string? Metadata = null)
{
    /// <summary>Start from the group's committed offset, or where <c>auto.offset.reset</c> says.</summary>
    public const long Stored = -1000;

    /// <summary>Start from the first record there is.</summary>
    public const long Beginning = -2;

    /// <summary>Start after the last record there is.</summary>
    public const long End = -1;
}

/// <summary>
/// What the engine does when the group gives it partitions or takes them away. The consumer calls it from
/// <see cref="IKafkaConsumer.Poll"/>, on the polling thread. Exceptions must not leave it; the consumer fails the
/// process of rebalancing loudly if one does.
/// </summary>
[Experimental("SF0001")]
public interface IRebalanceListener
{
    /// <summary>Partitions of the subscribed (leader) topics were added.</summary>
    /// <param name="leaders">The added partitions.</param>
    /// <returns>All partitions to read from now on in consequence, leaders included, with their start offsets.</returns>
    IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders);

    /// <summary>Partitions are about to move to another member; this one may still commit.</summary>
    /// <param name="leaders">The revoked partitions of the subscribed topics.</param>
    /// <returns>All partitions to stop reading in consequence, leaders included.</returns>
    IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders);

    /// <summary>Partitions are gone: another member may have them already, nothing can be committed.</summary>
    /// <param name="leaders">The lost partitions of the subscribed topics.</param>
    /// <returns>All partitions to stop reading in consequence, leaders included.</returns>
    IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders);
}

/// <summary>
/// A consumer, owned by one thread. Records wait in one prefetch queue per partition, so a partition that is not read
/// holds back only itself.
/// </summary>
[Experimental("SF0001")]
public interface IKafkaConsumer : IDisposable
{
    /// <summary>
    /// Joins the group for the given topics. Partitions of other topics can be added by the listener's answer.
    /// </summary>
    /// <param name="leaderTopics">Topics the group balances.</param>
    /// <param name="allTopics">Every topic that will be read, leaders included, so that metadata is known from the start.</param>
    /// <param name="listener">Told of assigned, revoked and lost partitions.</param>
    void Subscribe(
        IReadOnlyCollection<string> leaderTopics, IReadOnlyCollection<string> allTopics, IRebalanceListener listener);

    /// <summary>Reads exactly the given partitions, without a group; replaces what was read before.</summary>
    /// <param name="partitions">Partitions and start offsets; empty to read nothing.</param>
    void Assign(IReadOnlyList<PartitionOffset> partitions);

    /// <summary>
    /// Serves the group (rebalances, errors) and waits until records may be there, or the time is over.
    /// Must be called more often than <c>max.poll.interval.ms</c>.
    /// </summary>
    /// <param name="timeout">How long to wait; zero only serves what is due.</param>
    /// <exception cref="KafkaClientException">The consumer cannot go on.</exception>
    void Poll(TimeSpan timeout);

    /// <summary>
    /// How long it may go without <see cref="Poll"/> before its group gives its partitions to others
    /// (<c>max.poll.interval.ms</c>).
    /// </summary>
    /// <value>Default: <see cref="TimeSpan.MaxValue"/>, for ever.</value>
    TimeSpan MaxPollInterval => TimeSpan.MaxValue;

    /// <summary>The reader of a partition that is being read.</summary>
    /// <param name="partition">The partition.</param>
    /// <returns>Its reader; the same one until the partition is revoked, lost or no longer assigned.</returns>
    PartitionReader Reader(TopicPartition partition);

    /// <summary>Moves the position of a partition; prefetched records before or after it are dropped.</summary>
    /// <param name="offset">Partition and offset.</param>
    void Seek(PartitionOffset offset);

    /// <summary>Commits offsets for the group and waits for the answer.</summary>
    /// <param name="offsets">The offsets; each is that of the next record to read.</param>
    /// <exception cref="KafkaClientException">With <see cref="KafkaErrorKind.Migrated"/> when this member is no longer valid.</exception>
    void Commit(IReadOnlyList<PartitionOffset> offsets);

    /// <summary>The group's committed offsets.</summary>
    /// <param name="partitions">The partitions asked for.</param>
    /// <returns>One entry for each, in order; offset -1 where nothing is committed.</returns>
    IReadOnlyList<PartitionOffset> Committed(IReadOnlyList<TopicPartition> partitions);

    /// <summary>First and last offsets of a partition, asked of the broker.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>Offset of the first record there is, and the offset after the last one.</returns>
    (long Beginning, long End) QueryOffsets(TopicPartition partition, TimeSpan timeout);

    /// <summary>The first record of a partition that is not older than a time, asked of the broker.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="timestamp">The time, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <returns>Its offset; <see cref="PartitionOffset.End"/> where all are older.</returns>
    long QueryOffset(TopicPartition partition, long timestamp, TimeSpan timeout);

    /// <summary>This member's identity at this moment, for transactional offset commits; opaque.</summary>
    /// <returns>The metadata.</returns>
    ConsumerGroupMetadata GroupMetadata();

    /// <summary>Leaves the group after the listener has given up its partitions, and ends the consumer.</summary>
    /// <param name="leavesAlways">Whether a static member leaves as well, whatever <see cref="ConsumerRole.LeavesOnClose"/> says.</param>
    void Close(bool leavesAlways = false);
}

/// <summary>A member's identity and generation in its group, in the form its client understands.</summary>
[Experimental("SF0001")]
public abstract class ConsumerGroupMetadata : IDisposable
{
    /// <inheritdoc/>
    public abstract void Dispose();
}
