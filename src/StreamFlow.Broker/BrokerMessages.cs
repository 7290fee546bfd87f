using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker;

/// <summary>Log messages about the broker as a whole.</summary>
internal static partial class BrokerMessages
{
    [LoggerMessage(1, LogLevel.Information, "Deleted {Count} temporary directories that killed brokers had left")]
    public static partial void AbandonedDeleted(ILogger logger, int count);

    [LoggerMessage(2, LogLevel.Warning, "Could not delete the temporary directory '{Directory}': {Reason}")]
    public static partial void TemporaryRemains(ILogger logger, string directory, string reason);

    [LoggerMessage(5, LogLevel.Warning, "Groups and transactions are served again, from what their logs hold")]
    public static partial void CoordinatorsBack(ILogger logger);

    [LoggerMessage(6, LogLevel.Warning,
        "MaxConnections is {Wanted}, but this process may open {Limit} files, of which {Used} are in use: {Given} connections are let in")]
    public static partial void ConnectionsLimited(ILogger logger, int wanted, long limit, long used, int given);

    [LoggerMessage(3, LogLevel.Error, "Could not close {Part}; the others are closed all the same")]
    public static partial void NotClosed(ILogger logger, Exception exception, string part);
}
