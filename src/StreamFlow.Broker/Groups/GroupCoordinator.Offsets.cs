
namespace StreamFlow.Broker.Groups;

/// <content>Committed offsets: commit and fetch.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>
    /// Commits offsets, durably before it completes. The result has one error per offset, in order. Accepts an empty
    /// group id, which old simple consumers use.
    /// </summary>
    public ValueTask<ErrorCode[]> CommitOffsetsAsync(CommitCommand command)
    {
        PendingCommit? commit;
        lock (_lock)
        {
            var errors = new ErrorCode[command.Offsets.Count];
            ErrorCode refusal = AdmitCommit(command, isTransactional: false, out CoordinatedGroup? group);
            if (refusal != ErrorCode.None)
            {
                Array.Fill(errors, refusal);
                return new(errors);
            }

            commit = AppendCommit(group!, command.Offsets, errors, transaction: null);
            if (commit is null)
            {
                return new(errors);
            }

            if (commit.Durable.IsCompletedSuccessfully)
            {
                Settle(commit);
                return new(errors);
            }
        }

        return SettleWhenDurableAsync(commit);
    }

    /// <summary>
    /// The committed offsets of a group, of <paramref name="partitions"/> in their order or of all it has. What is
    /// not known has offset −1 and no error. With <paramref name="requireStable"/> a partition whose offset may be
    /// about to change answers <see cref="ErrorCode.UnstableOffsetCommit"/> instead.
    /// </summary>
    public FetchOffsetsResult FetchOffsets(string groupId, IReadOnlyList<OffsetKey>? partitions, bool requireStable)
    {
        lock (_lock)
        {
            if (_isStopped)
            {
                return new FetchOffsetsResult(ErrorCode.CoordinatorNotAvailable, []);
            }

            GroupOffsets? offsets = Find(groupId)?.Offsets;
            IReadOnlyList<OffsetKey> keys = partitions ?? [.. offsets?.Keys ?? []];
            var fetched = new List<FetchedOffset>(keys.Count);
            foreach (OffsetKey key in keys)
            {
                bool isUnstable = requireStable && offsets?.IsUnstable(key) == true;
                CommittedOffset? found = isUnstable ? null : offsets?.Find(key);
                if (partitions is not null || isUnstable || found is not null)
                {
                    ErrorCode error = isUnstable ? ErrorCode.UnstableOffsetCommit : ErrorCode.None;
                    fetched.Add(new FetchedOffset(
                        key, found?.Offset ?? -1, found?.LeaderEpoch ?? -1, found?.Metadata ?? "", error));
                }
            }

            return new FetchOffsetsResult(ErrorCode.None, fetched);
        }
    }

    private ErrorCode AdmitCommit(CommitCommand command, bool isTransactional, out CoordinatedGroup? group)
    {
        group = null;
        if (_isStopped)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        if (!Fits(command.GroupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        group = Find(command.GroupId);
        if (group is null && command.GenerationId >= 0)
        {
            return ErrorCode.IllegalGeneration;
        }

        group ??= FindOrCreate(command.GroupId);
        return group.Group.AdmitCommit(
            command.GenerationId, command.MemberId, command.InstanceId, isTransactional, Now());
    }

    private PendingCommit? AppendCommit(
        CoordinatedGroup group, IReadOnlyList<OffsetToCommit> offsets, ErrorCode[] errors,
        (long ProducerId, short Epoch)? transaction)
    {
        List<KeyValuePair<OffsetKey, CommittedOffset>> accepted = AddAccepted(group, offsets, errors);
        if (accepted.Count == 0)
        {
            return null;
        }

        JournalWrite write = transaction is var (producerId, epoch)
            ? _journal.AppendTransactional(producerId, epoch)
            : _journal.Append();
        if (write.Error != ErrorCode.None)
        {
            ErrorCode refusal = RefuseCommit(write);
            for (int i = 0; i < errors.Length; i++)
            {
                errors[i] = errors[i] == ErrorCode.None ? refusal : errors[i];
            }

            return null;
        }

        foreach ((OffsetKey key, CommittedOffset value) in accepted)
        {
            if (transaction is null)
            {
                group.Offsets.Append(key, value, write.Offset);
            }
            else
            {
                Pend(group, transaction.Value.ProducerId, key, value, write.Offset);
            }
        }

        return new PendingCommit(group, accepted, write.Offset, write.Durable, errors);
    }

    /// <summary>Adds the offsets that may be committed to the journal's batch, and says why the others may not.</summary>
    private List<KeyValuePair<OffsetKey, CommittedOffset>> AddAccepted(
        CoordinatedGroup group, IReadOnlyList<OffsetToCommit> offsets, ErrorCode[] errors)
    {
        long nowMs = Now().UnixMs;
        var accepted = new List<KeyValuePair<OffsetKey, CommittedOffset>>(offsets.Count);
        for (int i = 0; i < errors.Length; i++)
        {
            OffsetToCommit offset = offsets[i];
            errors[i] = !_partitionExists(offset.Key) ? ErrorCode.UnknownTopicOrPartition
                : offset.Metadata?.Length > _options.MaxOffsetMetadataLength ? ErrorCode.OffsetMetadataTooLarge
                : ErrorCode.None;
            if (errors[i] == ErrorCode.None)
            {
                var value = new CommittedOffset(offset.Offset, offset.LeaderEpoch, offset.Metadata ?? "", nowMs);
                accepted.Add(KeyValuePair.Create(offset.Key, value));
                _journal.AddOffset(group.Group.GroupId, offset.Key, value);
            }
        }

        return accepted;
    }

    private ErrorCode RefuseCommit(JournalWrite write)
    {
        if (write.IsTooLarge)
        {
            return ErrorCode.InvalidCommitOffsetSize;
        }

        if (write.Error is ErrorCode.InvalidTxnState or ErrorCode.InvalidProducerEpoch)
        {
            return write.Error;
        }

        Fail(new IOException($"the append was refused with {write.Error}"));
        return ErrorCode.CoordinatorNotAvailable;
    }

    private async ValueTask<ErrorCode[]> SettleWhenDurableAsync(PendingCommit commit)
    {
        bool isDurable = await TryAwaitAsync(commit.Durable).ConfigureAwait(false);
        lock (_lock)
        {
            if (isDurable)
            {
                Settle(commit);
            }
            else
            {
                Array.Fill(commit.Errors, ErrorCode.CoordinatorNotAvailable);
            }
        }

        return commit.Errors;
    }

    private static void Settle(PendingCommit commit)
    {
        foreach ((OffsetKey key, CommittedOffset value) in commit.Offsets)
        {
            commit.Group.Offsets.Settle(key, value, commit.LogOffset);
        }
    }

    private sealed record PendingCommit(
        CoordinatedGroup Group,
        IReadOnlyList<KeyValuePair<OffsetKey, CommittedOffset>> Offsets,
        long LogOffset,
        Task Durable,
        ErrorCode[] Errors);
}
