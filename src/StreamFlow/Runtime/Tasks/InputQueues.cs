using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>The input partitions of a running task, and which of them gives the next record.</summary>
internal sealed class InputQueues(TaskIdling idling, PartitionQueue[] queues)
{
    /// <summary>Before a task runs.</summary>
    public static readonly InputQueues None = new(new TaskIdling(TimeProvider.System, TimeSpan.Zero), []);

    public IReadOnlyList<PartitionQueue> All => queues;

    /// <summary>Whether anything was processed since the last commit.</summary>
    public bool CommitNeeded
    {
        get
        {
            foreach (var queue in queues)
            {
                if (queue.CommitNeeded)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>A run begins: partitions that had nothing are asked again.</summary>
    public void BeginRun()
    {
        foreach (var queue in queues)
        {
            queue.IsLeftOut = false;
            queue.RunStart = queue.CommitOffset;
        }
    }

    /// <summary>What the last run has gone over.</summary>
    public List<RunRange> LastRun =>
        [.. queues.Where(q => q.CommitOffset > q.RunStart).Select(q => new RunRange(q.Partition, q.RunStart, q.CommitOffset))];

    /// <summary>
    /// The partition whose head has the smallest timestamp. One that has nothing is asked once in a run: asking is a lock and
    /// a native call, and would be paid with every record of the others.
    /// </summary>
    /// <returns>Null when the task must wait.</returns>
    public PartitionQueue? Choose()
    {
        if (queues.Length == 1)
        {
            return queues[0].TryLoadHead() ? queues[0] : null;
        }

        PartitionQueue? best = null;
        var waiting = false;
        foreach (var queue in queues)
        {
            if (queue.IsLeftOut)
            {
                continue;
            }

            if (!queue.TryLoadHead())
            {
                queue.IsLeftOut = idling.MayGoOnWithout(queue);
                waiting |= !queue.IsLeftOut;
            }
            else if (best is null || queue.HeadTimestamp < best.HeadTimestamp)
            {
                best = queue;
            }
        }

        return waiting ? null : best;
    }

    /// <summary>The lowest timestamp of those at hand, without asking for more.</summary>
    /// <returns>Null when none is at hand.</returns>
    public long? LoadedTime
    {
        get
        {
            long? lowest = null;
            foreach (var queue in queues)
            {
                if (queue.HasHead && (lowest is null || queue.HeadTimestamp < lowest))
                {
                    lowest = queue.HeadTimestamp;
                }
            }

            return lowest;
        }
    }

    /// <summary>Whether records are on the broker that would be next but for their way here.</summary>
    public bool AwaitsRecords
    {
        get
        {
            foreach (var queue in queues)
            {
                if (!idling.NeverWaits && queue.Awaits)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The position of each input, as it would be committed now.</summary>
    public IReadOnlyList<PartitionOffset> Positions =>
        [.. queues.Where(q => q.CommitOffset >= 0).Select(q => new PartitionOffset(q.Partition, q.CommitOffset))];

    /// <summary>Adds the positions to commit.</summary>
    public void CollectOffsets(List<PartitionOffset> offsets)
    {
        var isFirst = true;
        foreach (var queue in queues)
        {
            if (queue.CommitOffset is var offset and >= 0)
            {
                var note = isFirst ? queue.Notes.OfTask : queue.Notes.OfTopic;
                offsets.Add(new PartitionOffset(
                    queue.Partition, offset, PartitionTimeMetadata.Encode(queue.PartitionTime, note)));
                isFirst = false;
            }
        }
    }

    /// <summary>The collected positions are committed.</summary>
    public void MarkCommitted()
    {
        foreach (var queue in queues)
        {
            queue.MarkCommitted(queue.CommitOffset);
        }
    }

    /// <summary>Forgets what was prefetched of a partition whose position is about to move, because it was not in the log.</summary>
    public void DropPrefetched(TopicPartition partition)
    {
        foreach (var queue in queues)
        {
            if (queue.Partition == partition)
            {
                // It may be that the topic is another one now, so nothing more is said of it.
                queue.Notes = new PositionNotes(string.Empty, string.Empty);
                queue.Clear();
            }
        }
    }

    /// <summary>Forgets all that was prefetched.</summary>
    public void Clear()
    {
        foreach (var queue in queues)
        {
            queue.Clear();
        }
    }
}
