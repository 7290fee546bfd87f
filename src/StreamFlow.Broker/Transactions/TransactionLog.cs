using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Transactions;

/// <summary>Log messages of the transaction coordinator.</summary>
internal static partial class TransactionLog
{
    [LoggerMessage(401, LogLevel.Warning,
        "Producer {ProducerId} has a transaction in {Topic}-{Partition} that the transaction log does not know; it is aborted")]
    public static partial void OrphanAborted(ILogger logger, long producerId, string topic, int partition);

    [LoggerMessage(402, LogLevel.Warning,
        "A marker of '{TransactionalId}' could not be written to {Topic}-{Partition} ({Error}). It is written when the "
        + "partition takes writes again; until then the transaction does not end")]
    public static partial void MarkerFailed(ILogger logger, string transactionalId, string topic, int partition, ErrorCode error);

    [LoggerMessage(403, LogLevel.Error,
        "The transaction coordinator stops: its log could not be written ({Reason}). It goes on by itself when the log takes writes again")]
    public static partial void Stopped(ILogger logger, string reason);

    [LoggerMessage(404, LogLevel.Warning,
        "The end of a transaction of '{TransactionalId}' needs a new producer id, and none could be reserved: {Reason}")]
    public static partial void NoProducerId(ILogger logger, string transactionalId, string reason);
}
