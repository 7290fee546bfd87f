using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Groups;

/// <content>Offsets that are committed by a transaction.</content>
internal sealed partial class GroupCoordinator
{
    private readonly OrderedLock _transactionsLock = new(LockRank.GroupTransactions);
    private readonly Dictionary<long, HashSet<CoordinatedGroup>> _transactions = [];

    /// <summary>Whether it answers "not available" only: it was stopped, or its log failed it.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>
    /// Appends offsets as part of a producer's transaction, durably before it completes; they count once
    /// <see cref="EndTransaction"/> commits it. The result has one error per offset, in order. Members are checked as
    /// for a plain commit (KIP-447), but a rebalance in progress is no obstacle.
    /// </summary>
    public async ValueTask<ErrorCode[]> CommitOffsetsAsync(CommitCommand command, long producerId, short producerEpoch)
    {
        var errors = new ErrorCode[command.Offsets.Count];
        PendingCommit? commit;
        using (HeldGroup held = HoldForCommit(command, out ErrorCode refusal))
        {
            if (refusal == ErrorCode.None)
            {
                refusal = held.Group!.Machine.AdmitCommit(command, isTransactional: true, Now());
            }

            if (refusal != ErrorCode.None)
            {
                Array.Fill(errors, refusal);
                return errors;
            }

            // Before the append: whoever writes the marker that follows it finds the group here.
            Enlist(producerId, held.Group!);
            commit = AppendCommit(held.Group!, command.Offsets, errors, (producerId, producerEpoch));
        }

        if (commit is not null && !await TryAwaitAsync(commit.Durable).ConfigureAwait(false))
        {
            Array.Fill(errors, ErrorCode.CoordinatorNotAvailable);
        }

        return errors;
    }

    /// <summary>
    /// Writes the marker that ends a producer's transaction and makes its offsets readable, or forgets them. The outcome
    /// is decided and durable before, so nobody needs to wait for the marker.
    /// </summary>
    public ErrorCode EndTransaction(
        long producerId, short producerEpoch, bool commit, int coordinatorEpoch = 0,
        AppendOrigin origin = AppendOrigin.Marker)
    {
        if (_isStopped)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        ErrorCode error = _journal.AppendMarker(producerId, producerEpoch, commit, coordinatorEpoch, origin, Now().UnixMs);
        if (error != ErrorCode.None)
        {
            return error;
        }

        HashSet<CoordinatedGroup>? groups;
        using (_transactionsLock.Enter())
        {
            _transactions.Remove(producerId, out groups);
        }

        foreach (CoordinatedGroup group in groups ?? [])
        {
            using HeldGroup held = GroupTable.Hold(group);
            if (held.Group is not null)
            {
                group.Offsets.EndTransaction(producerId, commit);
                Measure(group);
            }
        }

        return ErrorCode.None;
    }

    private void Enlist(long producerId, CoordinatedGroup group)
    {
        using (_transactionsLock.Enter())
        {
            if (!_transactions.TryGetValue(producerId, out HashSet<CoordinatedGroup>? groups))
            {
                _transactions.Add(producerId, groups = []);
            }

            groups.Add(group);
        }
    }
}
