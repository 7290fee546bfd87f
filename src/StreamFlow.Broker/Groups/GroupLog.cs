using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Groups;

/// <summary>Log messages of the group coordinator.</summary>
internal static partial class GroupLog
{
    [LoggerMessage(301, LogLevel.Warning,
        "The record of group '{Group}' ({Members} members) is too large for the log. The group works on, but its members will have "
        + "to rejoin after a restart of the broker")]
    public static partial void RecordTooLarge(ILogger logger, string group, int members);

    [LoggerMessage(302, LogLevel.Error,
        "The group coordinator stops: its log could not be written ({Reason}). It goes on by itself when the log takes writes again")]
    public static partial void Stopped(ILogger logger, string reason);
}
