namespace StreamFlow.Kafka.Producers;

/// <summary>Where a transactional producer stands.</summary>
internal enum ProducerTransactionState
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
internal enum ProducerTransactionEvent
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
internal static class ProducerTransactionStates
{
    /// <summary>The state after an event.</summary>
    /// <exception cref="InvalidOperationException">The event cannot happen in this state.</exception>
    internal static ProducerTransactionState Next(ProducerTransactionState state, ProducerTransactionEvent @event) =>
        (state, @event) switch
        {
            (ProducerTransactionState.Uninitialized, ProducerTransactionEvent.Initialized) => ProducerTransactionState.Ready,
            (ProducerTransactionState.Ready, ProducerTransactionEvent.Begun) => ProducerTransactionState.Open,
            (ProducerTransactionState.Open, ProducerTransactionEvent.OffsetsSent) => ProducerTransactionState.Open,
            (ProducerTransactionState.Open, ProducerTransactionEvent.CommitBegun) => ProducerTransactionState.Committing,
            (ProducerTransactionState.Committing, ProducerTransactionEvent.CommitBegun) =>
                ProducerTransactionState.Committing,
            (ProducerTransactionState.Committing, ProducerTransactionEvent.Committed) => ProducerTransactionState.Ready,
            (ProducerTransactionState.Open or ProducerTransactionState.MustAbort, ProducerTransactionEvent.RecordRefused) =>
                ProducerTransactionState.MustAbort,
            (ProducerTransactionState.Open or ProducerTransactionState.MustAbort, ProducerTransactionEvent.AbortRequired) =>
                ProducerTransactionState.MustAbort,
            (ProducerTransactionState.Committing or ProducerTransactionState.Aborting, ProducerTransactionEvent.AbortRequired) =>
                ProducerTransactionState.MustAbort,
            (ProducerTransactionState.Open or ProducerTransactionState.MustAbort or ProducerTransactionState.Aborting,
                ProducerTransactionEvent.AbortBegun) => ProducerTransactionState.Aborting,
            (ProducerTransactionState.Aborting, ProducerTransactionEvent.Aborted) => ProducerTransactionState.Ready,
            (_, ProducerTransactionEvent.Failed) => ProducerTransactionState.Failed,
            _ => throw new InvalidOperationException(
                $"A transactional producer that is {state} cannot take '{@event}'. The order is: init, then again and "
                + "again begin, produce, send offsets, and commit or abort."),
        };
}
