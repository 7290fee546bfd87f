namespace StreamFlow.Broker.Security;

/// <summary>What there is to say about certificates, authentication and access.</summary>
internal static class SecurityLog
{
    public static void KeysKept(BrokerLog log, string reason) =>
        log.Write($"The keys of OAUTHBEARER stay as they are: {reason}");

    public static void CertificateRead(BrokerLog log, string? file) =>
        log.Write($"Read the certificate again: {file} has changed.");

    public static void CertificateKept(BrokerLog log, string reason) =>
        log.Write($"The certificate stays as it is: {reason}");

    public static void NotStored(BrokerLog log, string reason) =>
        log.Write($"A change of users or access rules could not be stored: {reason}");
}
