using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Handlers;

/// <summary>Log messages about requests.</summary>
internal static partial class HandlerLog
{
    [LoggerMessage(151, LogLevel.Error, "Could not reserve producer ids: {Reason}")]
    public static partial void NoProducerIds(ILogger logger, string reason);
}
