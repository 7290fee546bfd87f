using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Server;

/// <summary>Log messages about connections.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(101, LogLevel.Warning, "Could not accept a connection: {Reason}")]
    public static partial void NotAccepted(ILogger logger, string reason);

    [LoggerMessage(102, LogLevel.Warning, "Refused a connection: {Limit} are open, which is the limit (MaxConnections)")]
    public static partial void Refused(ILogger logger, int limit);

    [LoggerMessage(103, LogLevel.Warning, "Closed the connection of {Peer}: {Reason}")]
    public static partial void Closed(ILogger logger, string peer, string reason);

    [LoggerMessage(106, LogLevel.Warning, "Refused a connection of {Address}: it has {Limit} open, which is the limit (MaxConnectionsPerAddress)")]
    public static partial void RefusedAddress(ILogger logger, string address, int limit);

    [LoggerMessage(105, LogLevel.Warning, "Closed the connection of {Peer}: {Reason}")]
    public static partial void Stalled(ILogger logger, string peer, string reason);

    [LoggerMessage(104, LogLevel.Error, "Closed the connection of {Peer} after an internal error")]
    public static partial void Failed(ILogger logger, Exception exception, string peer);
}
