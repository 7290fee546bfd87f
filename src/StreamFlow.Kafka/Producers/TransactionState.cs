namespace StreamFlow.Kafka.Producers;

/// <summary>Where a transactional producer stands.</summary>
internal enum TransactionState
{
    /// <summary>The transactional id is not registered yet.</summary>
    Uninitialized,

    /// <summary>No transaction is open.</summary>
    Ready,

    /// <summary>A transaction is open.</summary>
    Open,

    /// <summary>A transaction is open and can only be aborted.</summary>
    MustAbort,

    /// <summary>A commit has begun; it is to be repeated until it is answered.</summary>
    Committing,

    /// <summary>An abort has begun; it is to be repeated until it is answered.</summary>
    Aborting,

    /// <summary>Fenced or broken: only a new producer helps.</summary>
    Failed,
}

/// <summary>What happens to a transaction.</summary>
internal enum TransactionEvent
{
    Initialized,
    Begun,
    OffsetsSent,
    RecordRefused,
    AbortRequired,
    CommitBegun,
    Committed,
    AbortBegun,
    Aborted,
    Failed,
}

/// <summary>The transitions; anything not listed is forbidden.</summary>
internal static class TransactionStates
{
    /// <summary>The state after an event.</summary>
    /// <exception cref="InvalidOperationException">The event cannot happen in this state.</exception>
    internal static TransactionState Next(TransactionState state, TransactionEvent @event) => (state, @event) switch
    {
        (TransactionState.Uninitialized, TransactionEvent.Initialized) => TransactionState.Ready,
        (TransactionState.Ready, TransactionEvent.Begun) => TransactionState.Open,
        (TransactionState.Open, TransactionEvent.OffsetsSent) => TransactionState.Open,
        (TransactionState.Open, TransactionEvent.CommitBegun) => TransactionState.Committing,
        (TransactionState.Committing, TransactionEvent.CommitBegun) => TransactionState.Committing,
        (TransactionState.Committing, TransactionEvent.Committed) => TransactionState.Ready,
        (TransactionState.Open or TransactionState.MustAbort, TransactionEvent.RecordRefused) =>
            TransactionState.MustAbort,
        (TransactionState.Open or TransactionState.MustAbort, TransactionEvent.AbortRequired) =>
            TransactionState.MustAbort,
        (TransactionState.Committing or TransactionState.Aborting, TransactionEvent.AbortRequired) =>
            TransactionState.MustAbort,
        (TransactionState.Open or TransactionState.MustAbort or TransactionState.Aborting,
            TransactionEvent.AbortBegun) => TransactionState.Aborting,
        (TransactionState.Aborting, TransactionEvent.Aborted) => TransactionState.Ready,
        (_, TransactionEvent.Failed) => TransactionState.Failed,
        _ => throw new InvalidOperationException(
            $"A transactional producer that is {state} cannot take '{@event}'. The order is: init, then again and "
            + "again begin, produce, send offsets, and commit or abort."),
    };
}
