
namespace StreamFlow.Broker.Groups;

/// <content>How committed offsets go: deleted, with their topic, or by expiry.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>Deletions of many offsets are spread over batches of about this size.</summary>
    private const int MaxDeletionBatchBytes = 1 << 20;

    /// <summary>Deletes committed offsets of a group; the result has one error per partition, in order.</summary>
    public async ValueTask<OffsetDeleteResult> DeleteOffsetsAsync(string groupId, IReadOnlyList<OffsetKey> partitions)
    {
        var errors = new ErrorCode[partitions.Count];
        Task durable;
        lock (_lock)
        {
            CoordinatedGroup? group = Find(groupId);
            if (_isStopped || group is null)
            {
                return new OffsetDeleteResult(
                    _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.GroupIdNotFound, []);
            }

            bool hasMembers = group.Group.State != GroupState.Empty;
            if (hasMembers && !group.Group.IsConsumerGroup)
            {
                return new OffsetDeleteResult(ErrorCode.NonEmptyGroup, []);
            }

            List<OffsetKey> deleted = FindDeletable(group, partitions, hasMembers, errors);
            RemoveOffsets(group, deleted);
            durable = AppendDeletions();
        }

        bool isDurable = await TryAwaitAsync(durable).ConfigureAwait(false);
        return isDurable
            ? new OffsetDeleteResult(ErrorCode.None, errors)
            : new OffsetDeleteResult(ErrorCode.CoordinatorNotAvailable, []);
    }

    private List<OffsetKey> FindDeletable(
        CoordinatedGroup group, IReadOnlyList<OffsetKey> partitions, bool hasMembers, ErrorCode[] errors)
    {
        var deleted = new List<OffsetKey>();
        for (int i = 0; i < errors.Length; i++)
        {
            if (hasMembers && group.Group.MaySubscribe(partitions[i].Topic))
            {
                errors[i] = ErrorCode.GroupSubscribedToTopic;
            }
            else if (group.Offsets.Contains(partitions[i]))
            {
                deleted.Add(partitions[i]);
            }
            else if (!_partitionExists(partitions[i]))
            {
                errors[i] = ErrorCode.UnknownTopicOrPartition;
            }
        }

        return deleted;
    }

    /// <summary>Drops the offsets of a deleted topic from every group, so that a topic of that name starts anew.</summary>
    /// <returns>False when that could not be made durable.</returns>
    public async Task<bool> ForgetTopicAsync(string topic)
    {
        Task durable;
        lock (_lock)
        {
            if (_isStopped)
            {
                return false;
            }

            foreach (CoordinatedGroup group in _groups.Values)
            {
                RemoveOffsets(group, [.. group.Offsets.Keys.Where(key => key.Topic == topic)]);
            }

            durable = AppendDeletions();
        }

        return await TryAwaitAsync(durable).ConfigureAwait(false);
    }

    private void RemoveOffsets(CoordinatedGroup group, List<OffsetKey> keys)
    {
        long nowMs = Now().UnixMs;
        foreach (OffsetKey key in keys)
        {
            group.Offsets.Remove(key);
            _journal.AddOffsetTombstone(group.Group.GroupId, key, nowMs);
            if (_journal.PendingBytes >= MaxDeletionBatchBytes)
            {
                _ = TryAwaitAsync(AppendDeletions());
            }
        }
    }

    private void ExpireOffsets()
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                return;
            }

            ClockReading now = Now();
            long retentionMs = (long)_options.OffsetsRetention.TotalMilliseconds;
            foreach (CoordinatedGroup group in _groups.Values)
            {
                RemoveOffsets(group, group.Offsets.Expired(group.Group, retentionMs, now.UnixMs));
                if (group.Group.State == GroupState.Empty && !group.Group.HasPendingIds && group.Offsets.Count == 0)
                {
                    RemoveGroup(group);
                }
            }

            // Nobody waits for it, and were it lost, the next check would expire the same again.
            _ = TryAwaitAsync(AppendDeletions());
        }
    }
}
