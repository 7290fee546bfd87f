using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Settings;

/// <summary>
/// What is wrong with settings of TLS and SASL as a whole. librdkafka finds it when it makes a client, in words of OpenSSL or of
/// those who build it.
/// </summary>
internal static class SecurityComplaints
{
    private const string Protocol = "security.protocol";
    private const string Mechanism = "sasl.mechanism";
    private const string Gssapi = "GSSAPI";

    /// <summary>librdkafka's own word for wherever the system has its certificates.</summary>
    private const string Probe = "probe";

    private static readonly string[] Files =
        ["ssl.ca.location", "ssl.certificate.location", "ssl.crl.location", "ssl.key.location", "ssl.keystore.location"];

    private static readonly string[] Mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];

    internal static IEnumerable<string> Of(KafkaClientOptions options) =>
        [.. OfFiles(options), .. OfSasl(options), .. OfTokens(options)];

    private static IEnumerable<string> OfFiles(KafkaClientOptions options) =>
        from name in Files
        let path = Last(options, name)
        where !string.IsNullOrEmpty(path) && path != Probe && !File.Exists(path) && !Directory.Exists(path)
        select $"Client sets '{name}' to '{path}', which is not there. Give the path of a file that the process may read.";

    private static IEnumerable<string> OfSasl(KafkaClientOptions options)
    {
        var protocol = Last(options, Protocol);
        if (protocol?.StartsWith("sasl_", StringComparison.OrdinalIgnoreCase) != true)
        {
            yield break;
        }

        var given = Last(options, Mechanism) ?? Last(options, "sasl.mechanisms");
        var mechanism = given ?? Gssapi;
        var known = ClientHandle.Features().Contains("sasl_gssapi") ? Mechanisms.Append(Gssapi) : Mechanisms;
        var choices = string.Join(", ", known);
        if (!known.Contains(mechanism))
        {
            yield return given is null
                ? $"Client sets '{Protocol}' to '{protocol}' but no '{Mechanism}'. Set it to one of {choices}."
                : $"Client sets '{Mechanism}' to '{given}'; set it to one of {choices}.";
        }
        else if ((mechanism == Mechanisms[0] || mechanism.StartsWith("SCRAM", StringComparison.Ordinal))
            && (string.IsNullOrEmpty(Last(options, "sasl.username")) || string.IsNullOrEmpty(Last(options, "sasl.password"))))
        {
            yield return $"Client sets '{Mechanism}' to '{mechanism}', which needs 'sasl.username' and 'sasl.password'. Set both.";
        }
    }

    private static IEnumerable<string> OfTokens(KafkaClientOptions options)
    {
        var mechanism = Last(options, Mechanism) ?? Last(options, "sasl.mechanisms");
        if (Is(mechanism, "OAUTHBEARER") && !Is(Last(options, "sasl.oauthbearer.method"), "oidc")
            && !Is(Last(options, "enable.sasl.oauthbearer.unsecure.jwt"), "true"))
        {
            yield return "Client sets 'sasl.mechanism' to 'OAUTHBEARER' but not where tokens come from. "
                + "Set 'sasl.oauthbearer.method' to 'oidc', with its endpoint and credentials.";
        }
    }

    private static bool Is(string? value, string other) => string.Equals(value, other, StringComparison.OrdinalIgnoreCase);

    private static string? Last(KafkaClientOptions options, string name) => options.Client.LastOrDefault(s => Is(s.Key, name)).Value;
}
