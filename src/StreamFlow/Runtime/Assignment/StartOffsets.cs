using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Where partitions begin. Most start from the group's committed offset, or where the application's default says. A source
/// with another policy of its own, and every repartition topic (whose records must never be skipped), is looked up here;
/// so is what begins at its end: left to itself, librdkafka may ask for that again after records were read, and skip some.
/// </summary>
internal sealed class StartOffsets(ThreadServices services, IKafkaConsumer consumer, string threadName)
{
    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);
    private readonly StateIdentity _identity = new(services, threadName);

    /// <inheritdoc cref="StateIdentity.TryLook"/>
    public bool TryLook(IReadOnlyList<StreamTask> tasks) => _identity.TryLook(tasks);

    /// <summary>An input with what is committed beside its positions, and what looks where its keys lie.</summary>
    public TaskInput Complete(StreamTask task, SourceTopic topic, TaskInput input) => input with
    {
        Notes = _identity.NotesOf(task, input.Committed.Partition.Topic),
        Placement = services.PlacementOf(task.SubTopology, topic, input.Committed.Partition),
    };

    /// <summary>Gives the client up.</summary>
    public void Close() => _identity.Close();

    /// <summary>The start offsets of partitions just assigned.</summary>
    /// <exception cref="StreamsException">The committed offsets cannot be read: to guess would lose or repeat records.</exception>
    public IReadOnlyList<PartitionOffset> For(IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> inputs)
    {
        var looked = LookUp([.. inputs.Where(i => IsLookedUp(PolicyOf(i))).Select(i => i.Partition)]);
        return [.. inputs.Select(i =>
            looked.TryGetValue(i.Partition, out var committed)
                ? new PartitionOffset(i.Partition, committed >= 0 ? PartitionOffset.Stored : Begin(i.Partition, PolicyOf(i)))
                : new PartitionOffset(i.Partition, PartitionOffset.Stored))];
    }

    /// <summary>
    /// Looks up the committed positions of a task that is to start, and goes back to them where the thread has read on.
    /// For one that restores this comes first: once the positions are stable no transaction of a former owner can
    /// still commit, so the end of the changelog that is read next includes all that the positions stand for.
    /// </summary>
    /// <returns>False when they cannot be read at the moment.</returns>
    /// <exception cref="StateStoreException">A changelog holds something else than its store would read.</exception>
    public bool TryLocate(StreamTask task)
    {
        IReadOnlyList<PartitionOffset> committed;
        try
        {
            committed = consumer.Committed([.. task.Inputs.Select(i => i.Partition)]);
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Retriable or KafkaErrorKind.Migrated)
        {
            RuntimeLog.PollFailed(services.Logger, exception, threadName);
            return false;
        }

        task.Committed = _identity.Checked(task, committed);
        for (var i = 0; i < committed.Count; i++)
        {
            var isVoid = committed[i].Offset >= 0 && task.Committed[i].Offset < 0;
            if ((task.FirstOffsets.RestartOf(task.Committed[i]) ?? (isVoid ? ResetOf(committed[i].Partition) : null)) is { } position)
            {
                consumer.Seek(position);
            }
        }

        return true;
    }

    /// <summary>Where a partition goes on whose position is no longer, or not yet, in the log.</summary>
    public PartitionOffset ResetOf(TopicPartition partition)
    {
        // One that is let go at this moment is as good as new, should it come back.
        var source = services.Topics.Plan.SubTopologies
            .SelectMany(s => s.Sources)
            .FirstOrDefault(s => services.Topics.NameOf(s) == partition.Topic);
        return new PartitionOffset(partition, source is null ? PartitionOffset.Beginning : Begin(partition, PolicyOf(source)));
    }

    /// <summary>An offset to begin at, for people.</summary>
    public static string Text(long offset) => offset switch
    {
        PartitionOffset.Beginning => "earliest",
        PartitionOffset.End => "latest",
        _ => offset.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Where a partition begins for which nothing is committed, or nothing that is still there.</summary>
    private long Begin(TopicPartition partition, OffsetResetPolicy policy)
    {
        if (policy == OffsetResetPolicy.None)
        {
            throw new StreamsException(
                $"There is no committed offset of {partition} that is in its log, and the policy of its source is none. Set the offsets of "
                + $"group '{services.Options.ApplicationId}' with kafka-consumer-groups --reset-offsets while the application is stopped, or "
                + "give Consumed.OffsetReset another policy.");
        }

        return policy.Duration is { } duration
            ? AtTime(partition, services.Time.GetUtcNow() - duration)
            : policy == OffsetResetPolicy.Latest ? PartitionOffset.End : PartitionOffset.Beginning;
    }

    private long AtTime(TopicPartition partition, DateTimeOffset time)
    {
        try
        {
            return consumer.QueryOffset(partition, Math.Max(0, time.ToUnixTimeMilliseconds()), QueryTimeout);
        }
        catch (KafkaClientException exception)
        {
            throw new StreamsException(
                $"The offset of {partition} at {time:O}, where it is to begin, cannot be found: {exception.Message}", exception);
        }
    }

    private bool IsLookedUp(OffsetResetPolicy policy) =>
        policy != OffsetResetPolicy.Earliest || services.Options.DefaultOffsetReset != OffsetReset.Earliest;

    /// <summary>
    /// A partition that was added while the application runs is read from its beginning: what came before it was noticed came
    /// after the application began.
    /// </summary>
    private OffsetResetPolicy PolicyOf((SourceTopic Topic, TopicPartition Partition) input) =>
        services.Topics.WasAdded(input.Partition) ? OffsetResetPolicy.Earliest : PolicyOf(input.Topic);

    private OffsetResetPolicy PolicyOf(SourceTopic topic) =>
        topic.IsInternal ? OffsetResetPolicy.Earliest : topic.OffsetReset ?? services.Options.DefaultOffsetReset;

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
