using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Where partitions begin. Most start from the group's committed offset, or where the application's default says. A source
/// with another policy of its own, and every repartition topic (whose records must never be skipped), is looked up here;
/// so is what begins at its end: left to itself, librdkafka may ask for that again after records were read, and skip some.
/// </summary>
internal sealed class StartOffsets(ThreadServices services, IKafkaConsumer consumer)
{
    /// <summary>The start offsets of partitions just assigned.</summary>
    /// <exception cref="StreamsException">The committed offsets cannot be read: to guess would lose or repeat records.</exception>
    public IReadOnlyList<PartitionOffset> For(IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> inputs)
    {
        var looked = LookUp([.. inputs.Where(i => IsLookedUp(PolicyOf(i))).Select(i => i.Partition)]);
        return [.. inputs.Select(i =>
            looked.TryGetValue(i.Partition, out var committed)
                ? new PartitionOffset(i.Partition, committed >= 0 ? PartitionOffset.Stored : Logical(PolicyOf(i)))
                : new PartitionOffset(i.Partition, PartitionOffset.Stored))];
    }

    /// <summary>
    /// Looks up the committed positions of a task that is to start, and goes back to them where the thread has read on.
    /// For one that restores this comes first: once the positions are stable no transaction of a former owner can
    /// still commit, so the end of the changelog that is read next includes all that the positions stand for.
    /// </summary>
    /// <returns>False when they cannot be read at the moment.</returns>
    public bool TryLocate(StreamTask task, string threadName)
    {
        try
        {
            task.Committed = consumer.Committed([.. task.Inputs.Select(i => i.Partition)]);
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Retriable or KafkaErrorKind.Migrated)
        {
            RuntimeLog.PollFailed(services.Logger, exception, threadName);
            return false;
        }

        foreach (var committed in task.Committed)
        {
            if (task.FirstOffsets.RestartOf(committed) is { } position)
            {
                consumer.Seek(position);
            }
        }

        return true;
    }

    /// <summary>Where a partition goes on whose position is no longer, or not yet, in the log.</summary>
    public PartitionOffset ResetOf(TopicPartition partition)
    {
        var source = services.Topics.Plan.SubTopologies
            .SelectMany(s => s.Sources)
            .First(s => services.Topics.NameOf(s) == partition.Topic);
        return new PartitionOffset(partition, Logical(PolicyOf(source)));
    }

    private static long Logical(OffsetReset policy) =>
        policy == OffsetReset.Earliest ? PartitionOffset.Beginning : PartitionOffset.End;

    private bool IsLookedUp(OffsetReset policy) =>
        policy == OffsetReset.Latest || policy != services.Options.DefaultOffsetReset;

    /// <summary>
    /// A partition that was added while the application runs is read from its beginning: what came before it was noticed came
    /// after the application began.
    /// </summary>
    private OffsetReset PolicyOf((SourceTopic Topic, TopicPartition Partition) input) =>
        services.Topics.WasAdded(input.Partition) ? OffsetReset.Earliest : PolicyOf(input.Topic);

    private OffsetReset PolicyOf(SourceTopic topic) =>
        topic.IsInternal ? OffsetReset.Earliest : topic.OffsetReset ?? services.Options.DefaultOffsetReset;

    private Dictionary<TopicPartition, long> LookUp(IReadOnlyList<TopicPartition> partitions)
    {
        if (partitions.Count == 0)
        {
            return [];
        }

        try
        {
            return consumer.Committed(partitions).ToDictionary(c => c.Partition, c => c.Offset);
        }
        catch (KafkaClientException exception)
        {
            throw new StreamsException(
                $"The committed offsets of {string.Join(", ", partitions)} cannot be read, so it is not known where to begin: "
                + exception.Message,
                exception);
        }
    }
}
