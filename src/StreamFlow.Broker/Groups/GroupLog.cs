using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Groups;

/// <summary>Log messages of the group coordinator.</summary>
internal static partial class GroupLog
{
    [LoggerMessage(301, LogLevel.Warning,
        "The records of group '{Group}' are too large for the log. The group works on, but its members will have to rejoin after a "
        + "restart of the broker")]
    public static partial void RecordTooLarge(ILogger logger, string group);

    [LoggerMessage(302, LogLevel.Error,
        "The log of groups could not be written ({Reason}). Commits and rebalances are refused until it can be")]
    public static partial void Failing(ILogger logger, string reason);

    [LoggerMessage(303, LogLevel.Information, "The log of groups is written again")]
    public static partial void Recovered(ILogger logger);
}
