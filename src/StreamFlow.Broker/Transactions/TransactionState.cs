using System.Diagnostics;

namespace StreamFlow.Broker.Transactions;

/// <summary>
/// The states of a transactional id. The numbers are stored, the names go on the wire in ListTransactions and
/// DescribeTransactions; both are Kafka's.
/// </summary>
internal enum TransactionState : byte
{
    /// <summary>A producer is initialised, or none was yet; no transaction was begun.</summary>
    Empty = 0,

    /// <summary>A transaction is open: partitions may join it.</summary>
    Ongoing = 1,

    /// <summary>The commit is decided and durable; markers are being written.</summary>
    PrepareCommit = 2,

    /// <summary>The abort is decided and durable; markers are being written.</summary>
    PrepareAbort = 3,

    /// <summary>The last transaction committed everywhere.</summary>
    CompleteCommit = 4,

    /// <summary>The last transaction aborted everywhere.</summary>
    CompleteAbort = 5,

    /// <summary>Expired and removed. Final.</summary>
    Dead = 6,
}

/// <summary>What moves a transactional id from one state to another, once it is durable.</summary>
internal enum TransactionEvent : byte
{
    /// <summary>A producer got its id and epoch.</summary>
    ProducerInitialised,

    /// <summary>Partitions joined the transaction.</summary>
    PartitionsAdded,

    /// <summary>The producer asked for the commit.</summary>
    CommitDecided,

    /// <summary>
    /// The producer asked for the abort, another fenced it, or its time is over. A producer of version 2 may abort what
    /// never began: it does not know whether its first batch arrived.
    /// </summary>
    AbortDecided,

    /// <summary>Every partition has its marker.</summary>
    MarkersWritten,

    /// <summary>The id was not used for long.</summary>
    Expired,
}

/// <summary>The transition table of <see cref="TransactionState"/>.</summary>
internal static class TransactionStates
{
    /// <summary>The state after <paramref name="happened"/>.</summary>
    /// <exception cref="UnreachableException">The edge does not exist: a bug in the coordinator.</exception>
    public static TransactionState Next(TransactionState state, TransactionEvent happened) => (state, happened) switch
    {
        (TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort,
            TransactionEvent.ProducerInitialised) => TransactionState.Empty,
        (TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort
            or TransactionState.Ongoing, TransactionEvent.PartitionsAdded) => TransactionState.Ongoing,
        (TransactionState.Ongoing, TransactionEvent.CommitDecided) => TransactionState.PrepareCommit,
        (TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort
            or TransactionState.Ongoing, TransactionEvent.AbortDecided) => TransactionState.PrepareAbort,
        (TransactionState.PrepareCommit, TransactionEvent.MarkersWritten) => TransactionState.CompleteCommit,
        (TransactionState.PrepareAbort, TransactionEvent.MarkersWritten) => TransactionState.CompleteAbort,
        (TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort,
            TransactionEvent.Expired) => TransactionState.Dead,
        _ => throw new UnreachableException($"A transaction in state {state} cannot take the event {happened}."),
    };

    /// <summary>No transaction is open or being ended.</summary>
    public static bool IsIdle(this TransactionState state) =>
        state is TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort;

    /// <summary>The outcome is decided, the markers are not all written.</summary>
    public static bool IsPrepared(this TransactionState state) =>
        state is TransactionState.PrepareCommit or TransactionState.PrepareAbort;
}
