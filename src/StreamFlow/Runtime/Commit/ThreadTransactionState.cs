namespace StreamFlow.Runtime;

/// <summary>Where a thread stands with its transactions.</summary>
internal enum ThreadTransactionState
{
    /// <summary>There is no producer with a valid registration: nothing may be processed.</summary>
    Unregistered,

    /// <summary>Registered, no transaction has begun.</summary>
    Ready,

    /// <summary>A transaction has begun; its end is known or it can be aborted.</summary>
    Open,
}

/// <summary>What moves a thread's transactions on.</summary>
internal enum ThreadTransactionEvent
{
    /// <summary>The transactional id is registered, older producers of it are fenced.</summary>
    Registered,

    /// <summary>The first record or offset is about to be sent.</summary>
    Begun,

    /// <summary>The transaction is committed or aborted, and the broker has said so.</summary>
    Ended,

    /// <summary>The producer is fenced or broken, or how the transaction ended is unknown.</summary>
    Lost,
}

/// <summary>The life of a thread's transactions as a table; docs/ARCHITECTURE.md shows it.</summary>
internal static class ThreadTransactionStates
{
    /// <summary>The state after an event, or null when the event is not allowed there.</summary>
    public static ThreadTransactionState? Next(ThreadTransactionState state, ThreadTransactionEvent happened) =>
        (state, happened) switch
        {
            (ThreadTransactionState.Unregistered, ThreadTransactionEvent.Registered) => ThreadTransactionState.Ready,
            (ThreadTransactionState.Ready, ThreadTransactionEvent.Begun) => ThreadTransactionState.Open,
            (ThreadTransactionState.Open, ThreadTransactionEvent.Ended) => ThreadTransactionState.Ready,
            (_, ThreadTransactionEvent.Lost) => ThreadTransactionState.Unregistered,
            _ => null,
        };
}
