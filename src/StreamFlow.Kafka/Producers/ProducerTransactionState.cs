using Event = StreamFlow.Kafka.Producers.ProducerTransactionEvent;
using State = StreamFlow.Kafka.Producers.ProducerTransactionState;

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
    internal static State Next(State state, Event @event) => (state, @event) switch
    {
        (State.Uninitialized, Event.Initialized) => State.Ready,
        (State.Ready, Event.Begun) => State.Open,
        (State.Open, Event.OffsetsSent) => State.Open,
        (State.Open, Event.CommitBegun) => State.Committing,
        (State.Committing, Event.CommitBegun) => State.Committing,
        (State.Committing, Event.Committed) => State.Ready,
        (State.Open or State.MustAbort, Event.RecordRefused) => State.MustAbort,
        (State.Open or State.MustAbort, Event.AbortRequired) => State.MustAbort,
        (State.Committing or State.Aborting, Event.AbortRequired) => State.MustAbort,
        (State.Open or State.MustAbort or State.Aborting, Event.AbortBegun) => State.Aborting,
        (State.Aborting, Event.Aborted) => State.Ready,
        (_, Event.Failed) => State.Failed,
        _ => throw new InvalidOperationException(
            $"A transactional producer that is {state} cannot take '{@event}'. The order is: init, then again and "
            + "again begin, produce, send offsets, and commit or abort."),
    };
}
