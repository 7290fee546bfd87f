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
        Task<bool> durable;
        using (HeldGroup held = _groups.Hold(groupId))
        {
            if (_isStopped || held.Group is not { } group)
            {
                return new OffsetDeleteResult(
                    _isStopped ? ErrorCode.CoordinatorNotAvailable : ErrorCode.GroupIdNotFound, []);
            }

            IGroup machine = Expire(group);
            bool hasMembers = machine.State != GroupState.Empty;
            if (hasMembers && machine.ProtocolType != ConsumerProtocol.Type)
            {
                return new OffsetDeleteResult(ErrorCode.NonEmptyGroup, []);
            }

            durable = RemoveAsync(group, FindDeletable(group, partitions, hasMembers, errors), withGroup: false);
        }

        return await durable.ConfigureAwait(false)
            ? new OffsetDeleteResult(ErrorCode.None, errors)
            : new OffsetDeleteResult(ErrorCode.CoordinatorNotAvailable, []);
    }

    /// <summary>Drops the offsets of a deleted topic from every group, so that a topic of that name starts anew.</summary>
    /// <returns>False when that could not be made durable.</returns>
    public async Task<bool> ForgetTopicAsync(string topic)
    {
        var durable = new List<Task<bool>>();
        foreach (CoordinatedGroup group in _groups.All)
        {
            using HeldGroup held = GroupTable.Hold(group);
            if (held.Group is not null && !_isStopped)
            {
                durable.Add(RemoveAsync(group, group.Offsets.Keys.Where(key => key.Topic == topic), withGroup: false));
            }
        }

        return !_isStopped && Array.TrueForAll(await Task.WhenAll(durable).ConfigureAwait(false), static x => x);
    }

    private List<OffsetKey> FindDeletable(
        CoordinatedGroup group, IReadOnlyList<OffsetKey> partitions, bool hasMembers, ErrorCode[] errors)
    {
        var deleted = new List<OffsetKey>();
        for (int i = 0; i < errors.Length; i++)
        {
            if (hasMembers && group.Machine.MaySubscribe(partitions[i].Topic))
            {
                errors[i] = ErrorCode.GroupSubscribedToTopic;
            }
            else if (group.Offsets.Contains(partitions[i]))
            {
                deleted.Add(partitions[i]);
            }
            else if (!Exists(partitions[i]))
            {
                errors[i] = ErrorCode.UnknownTopicOrPartition;
            }
        }

        return deleted;
    }

    private bool Exists(OffsetKey key) =>
        _topics.Find(key.Topic) is { } topic && (uint)key.Partition < (uint)topic.Partitions;

    /// <summary>
    /// Writes the tombstones of offsets, and of the group itself, and forgets them once the log has them; its lock must
    /// be held.
    /// </summary>
    /// <returns>Completes when all of it is durable; false when it could not be written.</returns>
    private Task<bool> RemoveAsync(CoordinatedGroup group, IEnumerable<OffsetKey> keys, bool withGroup)
    {
        using JournalBatch batch = _journal.Rent();
        var durable = new List<Task<bool>>();
        var removed = new List<OffsetKey>();
        long nowMs = Now().UnixMs;
        foreach (OffsetKey key in keys.ToArray())
        {
            batch.AddOffsetTombstone(group.GroupId, key, nowMs);
            removed.Add(key);
            if (batch.SizeInBytes >= MaxDeletionBatchBytes)
            {
                durable.Add(Forget(group, batch, removed));
            }
        }

        if (withGroup)
        {
            AddTombstones(batch, group, nowMs);
        }

        Task<bool> last = batch.HasRecords ? Forget(group, batch, removed) : Task.FromResult(true);
        durable.Add(last);
        if (withGroup && !(last.IsCompletedSuccessfully && !last.Result))
        {
            group.Unwritten.Clear();
            group.Machine.Close(Now());
            Apply(group);
            _groups.Remove(group);
            Measure(group);
        }

        return AllAsync(durable);
    }

    private Task<bool> Forget(CoordinatedGroup group, JournalBatch batch, List<OffsetKey> removed)
    {
        JournalWrite write = batch.Append();
        if (write.Error != ErrorCode.None)
        {
            NoteFailure($"the append was refused with {write.Error}");
            removed.Clear();
            return Task.FromResult(false);
        }

        removed.ForEach(group.Offsets.Remove);
        Measure(group);
        removed.Clear();
        return TryAwaitAsync(write.Durable);
    }

    private static async Task<bool> AllAsync(List<Task<bool>> tasks) =>
        Array.TrueForAll(await Task.WhenAll(tasks).ConfigureAwait(false), static x => x);

    private void ExpireOffsets()
    {
        long retentionMs = (long)_options.OffsetsRetention.TotalMilliseconds;
        foreach (CoordinatedGroup group in _groups.All)
        {
            using HeldGroup held = GroupTable.Hold(group);
            if (_isStopped || held.Group is null)
            {
                continue;
            }

            // Nobody waits for it, and were it lost, the next check would expire the same again.
            _ = RemoveAsync(group, group.Offsets.Expired(group.Machine, retentionMs, Now().UnixMs), withGroup: false);
            if (group.Machine.State == GroupState.Empty && !group.Machine.HasPendingIds && group.Offsets.Count == 0)
            {
                _ = RemoveAsync(group, [], withGroup: true);
            }
        }
    }
}
