
namespace StreamFlow.Broker.Transactions;

/// <content>What belongs to the transaction: partitions, and the offsets among them.</content>
internal sealed partial class Transaction
{
    private readonly List<AddRequest> _waitingAdds = [];

    /// <summary>Partitions are joining the transaction, and it is not decided.</summary>
    private bool IsGrowing => _pending is { Snapshot.State: TransactionState.Ongoing };

    /// <summary>
    /// Adds partitions to the transaction, beginning it with the first. Those that come while others are being stored wait
    /// for that, and are then stored together. Where the transaction has its epoch for itself nobody waits for the disk.
    /// </summary>
    public void AddPartitions(
        ProducerIdentity producer,
        IReadOnlyList<TransactionPartition> partitions,
        TransactionVersion version,
        long request,
        ClockReading now)
    {
        ErrorCode error = CheckProducer(producer);
        if (error != ErrorCode.None)
        {
            Reply([request], error);
            return;
        }

        _waitingAdds.Add(new AddRequest(partitions, version, request));
        if (_pending is null)
        {
            AddWaiting(now);
        }
    }

    /// <summary>
    /// Whether each partition belongs to the open transaction of this producer; what a partition's leader would ask
    /// before it appends (KIP-890). Where it does not, the answer is TRANSACTION_ABORTABLE.
    /// </summary>
    public ErrorCode[] VerifyPartitions(ProducerIdentity producer, IReadOnlyList<TransactionPartition> partitions)
    {
        ErrorCode error = CheckIdentity(producer);
        error = error == ErrorCode.None && State.IsPrepared() ? ErrorCode.ConcurrentTransactions : error;
        return [.. partitions.Select(partition =>
            error != ErrorCode.None ? error
            : State == TransactionState.Ongoing && _current.Partitions.Contains(partition) ? ErrorCode.None
            : ErrorCode.TransactionAbortable)];
    }

    /// <summary>
    /// Whether offsets may be committed as part of the transaction, which must include their partition. That more
    /// partitions are joining it is no obstacle: clients send both at once, and one that is refused waits long before it
    /// asks again. Its end is, for what it commits must be durable before.
    /// </summary>
    public ErrorCode CheckOffsetCommit(ProducerIdentity producer, TransactionPartition offsets)
    {
        ErrorCode error = CheckIdentity(producer);
        bool isIncluded = State == TransactionState.Ongoing && _current.Partitions.Contains(offsets);
        return error != ErrorCode.None ? error
            : isIncluded && (_pending is null || IsGrowing) ? ErrorCode.None
            : _pending is not null || State.IsPrepared() ? ErrorCode.ConcurrentTransactions
            : ErrorCode.InvalidTxnState;
    }

    /// <summary>Stores, in one record, whatever waits to join.</summary>
    private void AddWaiting(ClockReading now)
    {
        if (_waitingAdds.Count == 0)
        {
            return;
        }

        long[] requests = [.. _waitingAdds.Select(static x => x.Request)];
        TransactionVersion version = _waitingAdds[^1].Version;
        TransactionPartition[] added =
            [.. _waitingAdds.SelectMany(static x => x.Partitions).Distinct().Except(_current.Partitions)];
        _waitingAdds.Clear();
        if (added.Length == 0 && State == TransactionState.Ongoing)
        {
            Reply(requests, ErrorCode.None);
            return;
        }

        TransactionSnapshot next = Stamp(TransactionEvent.PartitionsAdded, now) with
        {
            Version = version,
            Partitions = [.. _current.Partitions, .. added],
            MustAbort = _current.MustAbort && (State == TransactionState.Ongoing || _current.HasEpochForNext(version)),
            StartMs = State == TransactionState.Ongoing ? _current.StartMs : now.UnixMs,
        };
        Persist(new Change(next, requests, added, MayBeLost: _current.HasEpochForNext(version)));
    }

    private sealed record AddRequest(
        IReadOnlyList<TransactionPartition> Partitions, TransactionVersion Version, long Request);
}
