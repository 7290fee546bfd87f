using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Security;

/// <summary>Log messages about certificates, authentication and access.</summary>
internal static partial class SecurityLog
{
    [LoggerMessage(501, LogLevel.Warning, "The keys of OAUTHBEARER stay as they are: {Reason}")]
    public static partial void KeysKept(ILogger logger, string reason);

    [LoggerMessage(502, LogLevel.Information, "Read the certificate again: {File} has changed")]
    public static partial void CertificateRead(ILogger logger, string? file);

    [LoggerMessage(503, LogLevel.Warning, "The certificate stays as it is: {Reason}")]
    public static partial void CertificateKept(ILogger logger, string reason);

    [LoggerMessage(504, LogLevel.Error, "A change of users or access rules could not be stored, and was refused: {Reason}")]
    public static partial void NotStored(ILogger logger, string reason);

    [LoggerMessage(505, LogLevel.Warning, "Refused {Principal} from {Host}: {Operation} on {Type} '{Name}' for {Api}")]
    public static partial void AccessRefused(
        ILogger logger, string principal, string host, AclOperation operation, AclResourceType type, string name, ApiKey api);

    [LoggerMessage(506, LogLevel.Debug, "{Principal} from {Host} has authenticated with {Mechanism}")]
    public static partial void Authenticated(ILogger logger, string principal, string host, string? mechanism);

    [LoggerMessage(507, LogLevel.Debug, "{Principal} from {Host} has authenticated again with {Mechanism}")]
    public static partial void AuthenticatedAgain(ILogger logger, string principal, string host, string? mechanism);

    /// <summary>Those of an API are counted together after the first of a minute: clients try again and again.</summary>
    public static void Refused(
        RepeatedLog log, Caller caller, ApiKey api, AclOperation operation, AclResourceType type, string name) =>
        log.Write($"refused {api}", logger => AccessRefused(logger, caller.Principal, caller.Host, operation, type, name, api));
}
