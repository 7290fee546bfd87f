
namespace StreamFlow.Broker.Transactions;

/// <summary>What a producer asks for at the end of a transaction.</summary>
/// <param name="Producer">Who asks.</param>
/// <param name="Commit">Commit or abort.</param>
/// <param name="Version">The protocol it speaks.</param>
/// <param name="FreshProducerId">A new id if <see cref="Transaction.MayNeedProducerId"/>, else −1.</param>
internal readonly record struct EndCommand(
    ProducerIdentity Producer, bool Commit, TransactionVersion Version, long FreshProducerId);

/// <content>The end of a transaction.</content>
internal sealed partial class Transaction
{
    /// <summary>
    /// Commits or aborts; answered when every partition has its marker. With version 2 the answer is the producer's next
    /// identity, with which a batch of this transaction that is still under way can no longer be taken for one of the next.
    /// </summary>
    public void End(in EndCommand command, long request, ClockReading now)
    {
        ErrorCode error = command.Version < TransactionVersion.V2 ? CheckEnd(command) : CheckBumpingEnd(command);
        if (error == ErrorCode.None && State == TransactionState.Ongoing && command.Commit && _current.MustAbort)
        {
            // Of the errors that clients know, the one after which they abort and go on, or begin anew.
            error = ErrorCode.InvalidProducerIdMapping;
        }

        bool needsProducerId = command.Version >= TransactionVersion.V2 && _current.Producer.IsExhausted;
        if (error == ErrorCode.None && needsProducerId && command.FreshProducerId < 0)
        {
            // Epochs ran out after the caller looked; asked again, it brings an id.
            error = ErrorCode.ConcurrentTransactions;
        }

        if (error != ErrorCode.None || IsRepetition(command))
        {
            Reply([request], error);
            return;
        }

        _waitingEnd = request;
        Persist(new Change(Decide(command, now), [], []));
    }

    private TransactionSnapshot Decide(in EndCommand command, ClockReading now)
    {
        TransactionSnapshot next = Stamp(
            command.Commit ? TransactionEvent.CommitDecided : TransactionEvent.AbortDecided, now) with
        {
            Version = command.Version,
            MustAbort = false,
            StartMs = State == TransactionState.Ongoing ? _current.StartMs : now.UnixMs,
        };
        return command.Version < TransactionVersion.V2
            ? next
            : next with
            {
                Previous = _current.Producer,
                Producer = _current.Producer.Next(),
                NextProducerId = _current.Producer.IsExhausted ? command.FreshProducerId : -1,
            };
    }

    /// <summary>The classic rules: the epoch is the producer's own, before and after.</summary>
    private ErrorCode CheckEnd(in EndCommand command)
    {
        ErrorCode error = CheckIdentity(command.Producer);
        return error != ErrorCode.None ? error
            : _pending is not null ? ErrorCode.ConcurrentTransactions
            : State == TransactionState.Ongoing ? ErrorCode.None
            : AgainstOutcome(command.Commit);
    }

    /// <summary>
    /// The rules of version 2. The epoch tells a repetition, which has the one before the current, from the end of the
    /// next transaction; that one may be empty and can then only be aborted, for clients abort what they do not know.
    /// </summary>
    private ErrorCode CheckBumpingEnd(in EndCommand command)
    {
        bool repeats = IsBehind(command.Producer);
        ErrorCode error = repeats ? ErrorCode.None : CheckIdentity(command.Producer);
        return error != ErrorCode.None ? error
            : _pending is not null ? ErrorCode.ConcurrentTransactions
            : State == TransactionState.Ongoing ? ErrorCode.None
            : repeats ? AgainstOutcome(command.Commit)
            : State.IsPrepared() ? ErrorCode.ProducerFenced
            : !command.Commit ? ErrorCode.None
            : _current.MustAbort ? ErrorCode.InvalidProducerIdMapping
            : ErrorCode.InvalidTxnState;
    }

    private bool IsRepetition(in EndCommand command) => State is TransactionState.CompleteCommit
        or TransactionState.CompleteAbort && (command.Version < TransactionVersion.V2 || IsBehind(command.Producer));

    /// <summary>Whether this was the producer before the last end raised the epoch.</summary>
    private bool IsBehind(ProducerIdentity producer) => IsProducerId(producer) && producer == _current.Previous
        && _current.Version >= TransactionVersion.V2
        && State is not (TransactionState.Ongoing or TransactionState.Empty);

    /// <summary>The answer to an end that finds the transaction decided: perhaps a repetition of the one that did.</summary>
    private ErrorCode AgainstOutcome(bool commit) => (State, commit) switch
    {
        (TransactionState.CompleteCommit, true) or (TransactionState.CompleteAbort, false) => ErrorCode.None,
        (TransactionState.PrepareCommit, true) or (TransactionState.PrepareAbort, false) =>
            ErrorCode.ConcurrentTransactions,
        _ => ErrorCode.InvalidTxnState,
    };
}
