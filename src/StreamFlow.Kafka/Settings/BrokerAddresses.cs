using System.Globalization;

namespace StreamFlow.Kafka.Settings;

/// <summary>
/// Looks at the addresses of brokers before anybody connects to them: librdkafka takes whatever is written there, and goes on
/// trying to reach it.
/// </summary>
internal static class BrokerAddresses
{
    private static readonly HashSet<string> Protocols =
        new(["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"], StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with a list of addresses, each with its remedy; none if it is empty, which is another mistake.</summary>
    public static IEnumerable<string> Complaints(string servers) =>
        from address in servers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        let complaint = Complaint(address)
        where complaint is not null
        select complaint;

    private static string? Complaint(string address)
    {
        if (address.Contains('@', StringComparison.Ordinal))
        {
            // It is not shown: before the sign there may be a password.
            return "BootstrapServers has an address with '@' in it. Give host:port only, and who it is for by 'sasl.username' and "
                + "'sasl.password' of Client.";
        }

        var rest = address;
        var scheme = address.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            rest = address[(scheme + 3)..];
            if (!Protocols.Contains(address[..scheme]))
            {
                return Is(address, $"a URL, and Kafka's protocol is not '{address[..scheme]}'. Write '{rest.Split('/')[0]}'.");
            }
        }

        if (rest.Contains('/', StringComparison.Ordinal))
        {
            return Is(address, $"more than an address. Write '{rest.Split('/')[0]}'.");
        }

        if (rest.Any(c => c == ';' || char.IsWhiteSpace(c)))
        {
            return Is(address, "no address. Separate several by commas.");
        }

        return HostAndPort(address, rest);
    }

    private static string? HostAndPort(string address, string rest)
    {
        var bracket = rest.LastIndexOf(']');
        var colon = rest.IndexOf(':', bracket + 1);
        if (bracket < 0 && rest.Count(c => c == ':') > 1)
        {
            return Is(address, "an IPv6 address without brackets. Write '[address]:port'.");
        }

        if ((colon < 0 ? rest.Length : colon) == 0)
        {
            return Is(address, "without a host. Write 'host:port'.");
        }

        var port = colon < 0 ? null : rest[(colon + 1)..];
        var isPort = port is null
            || (ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0);
        return isPort ? null : Is(address, $"without a port: '{port}' is no number from 1 to 65535. Write 'host:port'.");
    }

    private static string Is(string address, string what) => $"BootstrapServers has '{address}', which is {what}";
}
