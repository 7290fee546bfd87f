namespace StreamFlow.Broker.Groups;

/// <content>Committed offsets: commit and fetch.</content>
internal sealed partial class GroupCoordinator
{
    /// <summary>First version of OffsetCommit that can say that there is no such group.</summary>
    private const int FirstVersionOfGroupErrors = 9;

    /// <summary>
    /// Commits offsets, durably before it completes. The result has one error per offset, in order. Accepts an empty
    /// group id, which old simple consumers use.
    /// </summary>
    public ValueTask<ErrorCode[]> CommitOffsetsAsync(CommitCommand command)
    {
        PendingCommit? commit;
        using (HeldGroup held = HoldForCommit(command, out ErrorCode refusal))
        {
            var errors = new ErrorCode[command.Offsets.Count];
            if (refusal == ErrorCode.None)
            {
                refusal = held.Group!.Machine.AdmitCommit(command, isTransactional: false, Now());
                _timers.Arm(held.Group, Now());
            }

            if (refusal != ErrorCode.None)
            {
                Array.Fill(errors, refusal);
                return new(errors);
            }

            commit = AppendCommit(held.Group!, command.Offsets, errors, transaction: null);
            if (commit is null)
            {
                return new(errors);
            }

            if (commit.Durable.IsCompletedSuccessfully)
            {
                NoteSuccess();
                Settle(commit);
                return new(errors);
            }
        }

        return SettleWhenDurableAsync(commit);
    }

    /// <summary>
    /// The committed offsets of a group, of the partitions asked for in their order or of all it has. What is not known
    /// has offset −1 and no error. With <see cref="FetchOffsetsCommand.RequireStable"/> a partition whose offset may be
    /// about to change answers <see cref="ErrorCode.UnstableOffsetCommit"/> instead.
    /// </summary>
    public FetchOffsetsResult FetchOffsets(FetchOffsetsCommand command)
    {
        using HeldGroup held = _groups.Hold(command.GroupId);
        ErrorCode refusal = _isStopped ? ErrorCode.CoordinatorNotAvailable
            : held.Group?.Machine.AdmitFetch(command.MemberId, command.MemberEpoch) ?? ErrorCode.None;
        if (refusal != ErrorCode.None)
        {
            return new FetchOffsetsResult(refusal, []);
        }

        GroupOffsets? offsets = held.Group?.Offsets;
        IReadOnlyList<OffsetKey> keys = command.Partitions ?? [.. offsets?.Keys ?? []];
        var fetched = new List<FetchedOffset>(keys.Count);
        foreach (OffsetKey key in keys)
        {
            bool isUnstable = command.RequireStable && offsets?.IsUnstable(key) == true;
            CommittedOffset? found = isUnstable ? null : offsets?.Find(key);
            if (command.Partitions is not null || isUnstable || found is not null)
            {
                ErrorCode error = isUnstable ? ErrorCode.UnstableOffsetCommit : ErrorCode.None;
                fetched.Add(new FetchedOffset(
                    key, found?.Offset ?? -1, found?.LeaderEpoch ?? -1, found?.Metadata ?? "", error));
            }
        }

        return new FetchOffsetsResult(ErrorCode.None, fetched);
    }

    private HeldGroup HoldForCommit(CommitCommand command, out ErrorCode refusal)
    {
        refusal = _isStopped ? ErrorCode.CoordinatorNotAvailable
            : !Fits(command.GroupId) ? ErrorCode.InvalidGroupId
            : command.GenerationId < 0 ? RefuseFounding(command.GroupId)
            : ErrorCode.None;
        if (refusal != ErrorCode.None)
        {
            return default;
        }

        // Who names a generation or an epoch was a member of something; who names none makes a group of offsets alone.
        if (command.GenerationId < 0)
        {
            return HoldOrCreate(command.GroupId);
        }

        HeldGroup held = _groups.Hold(command.GroupId);
        refusal = held.Group is not null ? ErrorCode.None
            : command.ApiVersion >= FirstVersionOfGroupErrors ? ErrorCode.GroupIdNotFound
            : ErrorCode.IllegalGeneration;
        return held;
    }

    private PendingCommit? AppendCommit(
        CoordinatedGroup group, IReadOnlyList<OffsetToCommit> offsets, ErrorCode[] errors,
        (long ProducerId, short Epoch)? transaction)
    {
        using JournalBatch batch = _journal.Rent();
        List<KeyValuePair<OffsetKey, CommittedOffset>> accepted = AddAccepted(batch, group, offsets, errors);
        if (accepted.Count == 0)
        {
            return null;
        }

        JournalWrite write = transaction is var (producerId, epoch)
            ? batch.AppendTransactional(producerId, epoch)
            : batch.Append();
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
                group.Offsets.AppendTransactional(transaction.Value.ProducerId, key, value, write.Offset);
            }
        }

        Measure(group);
        return new PendingCommit(group, accepted, write.Offset, write.Durable, errors);
    }

    /// <summary>Adds the offsets that may be committed to the batch, and says why the others may not.</summary>
    private List<KeyValuePair<OffsetKey, CommittedOffset>> AddAccepted(
        JournalBatch batch, CoordinatedGroup group, IReadOnlyList<OffsetToCommit> offsets, ErrorCode[] errors)
    {
        long nowMs = Now().UnixMs;
        long added = 0;
        var accepted = new List<KeyValuePair<OffsetKey, CommittedOffset>>(offsets.Count);
        for (int i = 0; i < errors.Length; i++)
        {
            OffsetToCommit offset = offsets[i];
            errors[i] = !Exists(offset.Key) ? ErrorCode.UnknownTopicOrPartition
                : offset.Metadata?.Length > _options.MaxOffsetMetadataLength ? ErrorCode.OffsetMetadataTooLarge
                : !HasRoom(added += group.Offsets.Growth(offset.Key, offset.Metadata ?? "")) ? ErrorCode.InvalidCommitOffsetSize
                : ErrorCode.None;
            if (errors[i] == ErrorCode.None)
            {
                var value = new CommittedOffset(offset.Offset, offset.LeaderEpoch, offset.Metadata ?? "", nowMs);
                accepted.Add(KeyValuePair.Create(offset.Key, value));
                batch.AddOffset(group.GroupId, offset.Key, value);
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

        NoteFailure($"the append was refused with {write.Error}");
        return ErrorCode.CoordinatorNotAvailable;
    }

    private async ValueTask<ErrorCode[]> SettleWhenDurableAsync(PendingCommit commit)
    {
        bool isDurable = await TryAwaitAsync(commit.Durable).ConfigureAwait(false);
        using HeldGroup held = GroupTable.Hold(commit.Group);
        if (isDurable)
        {
            Settle(commit);
            return commit.Errors;
        }

        foreach ((OffsetKey key, _) in commit.Offsets)
        {
            commit.Group.Offsets.Abandon(key, commit.LogOffset);
        }

        Array.Fill(commit.Errors, ErrorCode.CoordinatorNotAvailable);
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
