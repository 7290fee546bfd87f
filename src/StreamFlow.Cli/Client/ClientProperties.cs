using System.Text;
using System.Text.RegularExpressions;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Client;

/// <summary>The properties file that Kafka's tools take as <c>--command-config</c>, with the names of the Java client and of librdkafka.</summary>
internal static partial class ClientProperties
{
    private static readonly Dictionary<string, Func<ClientSettings, string, string, ClientSettings>> Known = new()
    {
        ["security.protocol"] = static (s, v, place) => s with { Protocol = Protocol(v, place) },
        ["sasl.mechanism"] = static (s, v, place) => s with { Mechanism = Mechanism(v, place) },
        ["sasl.mechanisms"] = static (s, v, place) => s with { Mechanism = Mechanism(v, place) },
        ["sasl.jaas.config"] = static (s, v, place) => Jaas(s, v, place),
        ["sasl.username"] = static (s, v, _) => s with { UserName = v },
        ["sasl.password"] = static (s, v, _) => s with { Password = v },
        ["sasl.oauthbearer.token"] = static (s, v, _) => s with { Token = v },
        ["ssl.ca.location"] = static (s, v, place) => s with { CaPem = Text(v, place) },
        ["ssl.ca.pem"] = static (s, v, _) => s with { CaPem = v },
        ["ssl.truststore.location"] = static (s, v, place) => s with { CaPem = Text(v, place) },
        ["ssl.truststore.certificates"] = static (s, v, _) => s with { CaPem = v },
        ["ssl.truststore.type"] = static (s, v, place) => Pem(s, v, place),
        ["ssl.keystore.type"] = static (s, v, place) => Pem(s, v, place),
        ["ssl.keystore.location"] = static (s, v, place) => Text(v, place) is var pem ? s with { CertificatePem = pem, KeyPem = pem } : s,
        ["ssl.keystore.certificate.chain"] = static (s, v, _) => s with { CertificatePem = v },
        ["ssl.keystore.key"] = static (s, v, _) => s with { KeyPem = v },
        ["ssl.certificate.location"] = static (s, v, place) => s with { CertificatePem = Text(v, place) },
        ["ssl.key.location"] = static (s, v, place) => s with { KeyPem = Text(v, place) },
        ["ssl.key.password"] = static (s, v, _) => s with { KeyPassword = v },
        ["ssl.endpoint.identification.algorithm"] = static (s, v, place) => s with { ChecksHostName = HostCheck(v, place) },
        ["client.id"] = static (s, v, _) => s with { ClientId = v },
        ["request.timeout.ms"] = static (s, v, place) => s with { RequestTimeout = Milliseconds(v, place) },
        ["bootstrap.servers"] = static (s, v, place) => s.Servers.Count > 0 ? s : s with { Servers = Servers(v, place) },
    };

    /// <summary>Takes what a file says over; a property that is unknown is a mistake rather than without effect.</summary>
    /// <exception cref="CommandException">The file cannot be read, or a property of it is wrong.</exception>
    public static ClientSettings Read(string path, ClientSettings settings)
    {
        foreach ((string name, string value) in Lines(Text(path, "--command-config")))
        {
            string place = $"'{name}' in {path}";
            settings = Known.TryGetValue(name, out var apply)
                ? apply(settings, value, place)
                : throw new CommandException($"{place} is no property of this client; there are {string.Join(", ", Known.Keys)}.", ExitCode.Usage);
        }

        return settings;
    }

    /// <summary>Reads <c>host:port[,...]</c>.</summary>
    /// <exception cref="CommandException">One of them is none.</exception>
    public static List<HostPort> Servers(string text, string place) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(each => HostPort.TryParse(each, out HostPort address)
            ? address
            : throw new CommandException($"{place} is '{each}'; give host:port, such as localhost:9092.", ExitCode.Usage)),
    ];

    /// <summary>Lines of a Java properties file: comments, continued lines, and a name that ends at '=' , ':' or a space.</summary>
    internal static IEnumerable<(string Name, string Value)> Lines(string text)
    {
        StringBuilder joined = new();
        foreach (string raw in text.Split('\n'))
        {
            string line = raw.TrimEnd('\r').TrimStart();
            if (joined.Length == 0 && (line.Length == 0 || line[0] is '#' or '!'))
            {
                continue;
            }

            if (line.EndsWith('\\'))
            {
                joined.Append(line[..^1]);
                continue;
            }

            string whole = joined.Append(line).ToString();
            joined.Clear();
            int end = whole.AsSpan().IndexOfAny('=', ':', ' ');
            yield return end < 0 ? (whole, "") : (whole[..end].Trim(), Value(whole[end..]).Replace("\\n", "\n", StringComparison.Ordinal));
        }
    }

    /// <summary>What stands behind a name and one sign: a password may begin with another.</summary>
    private static string Value(string rest)
    {
        string value = rest.TrimStart();
        return (value.Length > 0 && value[0] is '=' or ':' ? value[1..] : value).Trim();
    }

    private static SecurityProtocol Protocol(string text, string place) => text.ToUpperInvariant() switch
    {
        "PLAINTEXT" => SecurityProtocol.Plaintext,
        "SSL" => SecurityProtocol.Ssl,
        "SASL_PLAINTEXT" => SecurityProtocol.SaslPlaintext,
        "SASL_SSL" => SecurityProtocol.SaslSsl,
        _ => throw Wrong(place, text, "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"),
    };

    private static string Mechanism(string text, string place) => text is "PLAIN" or "SCRAM-SHA-256" or "SCRAM-SHA-512" or "OAUTHBEARER"
        ? text
        : throw Wrong(place, text, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");

    private static bool HostCheck(string text, string place) => text switch
    {
        "" or "none" => false,
        "https" => true,
        _ => throw Wrong(place, text, "https, or nothing to trust a certificate for any host"),
    };

    private static ClientSettings Pem(ClientSettings settings, string type, string place) =>
        type == "PEM" ? settings : throw Wrong(place, type, "PEM; keytool and openssl convert other stores");

    private static TimeSpan Milliseconds(string text, string place) => int.TryParse(text, out int value) && value > 0
        ? TimeSpan.FromMilliseconds(value)
        : throw Wrong(place, text, "milliseconds");

    /// <summary>A login module with <c>username="..." password="...";</c>, as the Java client has it.</summary>
    private static ClientSettings Jaas(ClientSettings settings, string text, string place)
    {
        Dictionary<string, string> options = JaasOption().Matches(text).GroupBy(static m => m.Groups[1].Value)
            .ToDictionary(static g => g.Key, static g => g.Last().Groups[2].Value.Replace("\\\"", "\"", StringComparison.Ordinal));
        return options.Count > 0
            ? settings with
            {
                UserName = options.GetValueOrDefault("username") ?? settings.UserName,
                Password = options.GetValueOrDefault("password") ?? settings.Password,
                Token = options.GetValueOrDefault("token") ?? settings.Token,
            }
            : throw new CommandException($"{place} has no options; write the login module with username=\"...\" password=\"...\";", ExitCode.Usage);
    }

    private static string Text(string path, string place)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"{place} is '{path}', which cannot be read: {exception.Message}", ExitCode.Usage, exception);
        }
    }

    private static CommandException Wrong(string place, string value, string remedy) => new($"{place} is '{value}'; give {remedy}.", ExitCode.Usage);

    [GeneratedRegex("""(\w+)\s*=\s*"((?:[^"\\]|\\.)*)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex JaasOption();
}
