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

    /// <summary>Names come from clients and must not look like something else.</summary>
    public static void Refused(
        RepeatedLog log, in Caller caller, ApiKey api, AclOperation operation, AclResourceType type, string name) =>
        log.Write(
            $"refused {api}",
            $"Refused {Escape(caller.Principal)} from {caller.Host}: {operation} on {type} '{Escape(name)}' for {api}.");

    private static string Escape(string name)
    {
        if (!name.Any(char.IsControl))
        {
            return name;
        }

        System.Text.StringBuilder escaped = new();
        foreach (char letter in name)
        {
            _ = char.IsControl(letter) ? escaped.Append(@"\u").Append(((int)letter).ToString("x4", System.Globalization.CultureInfo.InvariantCulture))
                : escaped.Append(letter);
        }

        return escaped.ToString();
    }
}
