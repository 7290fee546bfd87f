using Microsoft.Extensions.Logging;

namespace StreamFlow.Dashboard;

/// <summary>What the page tells the host's log.</summary>
internal static partial class DashboardLog
{
    [LoggerMessage(1, LogLevel.Information, "StreamFlow page: {User} at {Remote} asked for {Action} of application '{Application}': {Details}")]
    public static partial void Action(ILogger logger, string user, string remote, string action, string application, string details);

    [LoggerMessage(2, LogLevel.Warning, "StreamFlow page: a request for {Path} was refused: {Reason}")]
    public static partial void Refused(ILogger logger, string path, string reason);

    [LoggerMessage(3, LogLevel.Warning, "StreamFlow page: application '{Application}' cannot be looked at; the page stands still until it can")]
    public static partial void LookFailed(ILogger logger, Exception exception, string application);

    [LoggerMessage(4, LogLevel.Error, "StreamFlow page: a request for {Path} failed")]
    public static partial void RequestFailed(ILogger logger, Exception exception, string path);
}
