using StreamFlow.Broker;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Serving;

/// <summary>
/// The settings of listeners and of who may do what. Those of TLS and SASL hold for all listeners of the program that have it; they are
/// applied in the order of this table, listeners first.
/// </summary>
internal static class SecuritySettings
{
    public static IReadOnlyList<BrokerSetting> All { get; } =
    [
        new("listener", "[NAME=]PROTOCOL://host:port[@advertised-host:port]", "Listen here, instead of --host and --port; PROTOCOL is PLAINTEXT, SSL, "
            + "SASL_PLAINTEXT or SASL_SSL; may be repeated",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => o with { Listeners = [.. o.Listeners, Listener(v)] }, IsList: true),
        new("tls-certificate", "file", "The certificate of listeners with TLS: PEM with those that signed it, or .pfx; read again when it changes",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => Tls(o, v, tls => tls with { CertificateFile = v.Text })),
        new("tls-key", "file", "Its private key in PEM (default: it is in the same file)",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => Tls(o, v, tls => tls with { KeyFile = v.Text })),
        new("tls-key-password-file", "file", "The first line is the password of the key",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => Tls(o, v, tls => tls with { KeyPassword = () => Secret(v) })),
        new("tls-client-certificates", "none|requested|required", "Whether clients show certificates of their own (default: none)",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => Tls(o, v, tls => tls with { ClientCertificates = ClientCertificates(v) }), "ssl.client.auth"),
        new("tls-trusted", "file", "The authorities, in PEM, that sign the certificates of clients",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => Tls(o, v, tls => tls with { TrustedCertificatesFile = v.Text })),
        new("tls-principal-mapping", "rules", "How the subject of a client's certificate becomes a user, as Apache Kafka's rules",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => Tls(o, v, tls => tls with { PrincipalMappingRules = v.Text }), "ssl.principal.mapping.rules"),
        new("sasl-mechanism", "name", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; may be repeated (default: both forms of SCRAM)",
            nameof(EmbeddedBrokerOptions.Listeners), Mechanism, "sasl.enabled.mechanisms", IsList: true),
        new("sasl-max-reauthentication", "time", "How long an authentication lasts (default: as long as the connection)",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => Sasl(o, v, sasl => sasl with { MaxReauthentication = v.Time() }), "connections.max.reauth.ms"),
        new("oauth-key-set", "file or URL", "The keys that tokens of OAUTHBEARER are signed with, a JSON Web Key Set",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => OAuth(o, v, oauth => IsUrl(v.Text, out Uri? url) ? oauth with { KeySetUrl = url } : oauth with { KeySetFile = v.Text })),
        new("oauth-issuer", "name", "Who must have issued a token (default: whoever has a key)",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => OAuth(o, v, oauth => oauth with { Issuer = v.Text })),
        new("oauth-audience", "name", "For whom a token must be; may be repeated",
            nameof(EmbeddedBrokerOptions.Listeners), static (o, v) => OAuth(o, v, oauth => oauth with { Audiences = [.. oauth.Audiences, v.Text] }), IsList: true),
        new("user", "name=password-file", "A user of SCRAM and PLAIN; the first line of the file is the password; may be repeated",
            nameof(EmbeddedBrokerOptions.Users), static (o, v) => o with { Users = [.. o.Users, User(v)] }, IsList: true),
        new("authorization", "true|false", "Look at ACLs: who has none may do nothing (default: false)",
            nameof(EmbeddedBrokerOptions.Authorization), static (o, v) => o with { Authorization = v.Truth() ? o.Authorization ?? new BrokerAuthorization() : null }),
        new("super-user", "principal", "Who may do everything, as User:admin; with --authorization; may be repeated",
            nameof(EmbeddedBrokerOptions.Authorization), static (o, v) => Authorization(o, v, a => a with { SuperUsers = [.. a.SuperUsers, v.Text] }), IsList: true),
        new("allow-if-no-acl", "true|false", "Whether what no ACL is about is open to everybody; with --authorization (default: false)",
            nameof(EmbeddedBrokerOptions.Authorization), static (o, v) => Authorization(o, v, a => a with { AllowEveryoneIfNoAclFound = v.Truth() }), "allow.everyone.if.no.acl.found"),
    ];

    /// <summary>What was not said once everything is: a listener with SASL of which nothing was said has the default mechanisms.</summary>
    public static EmbeddedBrokerOptions WithDefaults(EmbeddedBrokerOptions options) =>
        options with { Listeners = [.. options.Listeners.Select(static l => HasSasl(l) ? l with { Sasl = l.Sasl ?? new BrokerSasl() } : l)] };

    private static BrokerListener Listener(SettingValue value)
    {
        string[] named = value.Text.Split('=', 2);
        string[] parts = named[^1].Split("://");
        string[] addresses = parts[^1].Split('@');
        BrokerSecurityProtocol? protocol = parts[0] switch
        {
            "PLAINTEXT" => BrokerSecurityProtocol.Plaintext,
            "SSL" => BrokerSecurityProtocol.Ssl,
            "SASL_PLAINTEXT" => BrokerSecurityProtocol.SaslPlaintext,
            "SASL_SSL" => BrokerSecurityProtocol.SaslSsl,
            _ => null,
        };
        HostPort advertised = default;
        if (protocol is null || parts.Length != 2 || addresses.Length > 2 || !TryAddress(addresses[0], out HostPort address)
            || (addresses.Length == 2 && !TryAddress(addresses[1], out advertised)))
        {
            throw value.Wrong("a listener such as SASL_SSL://0.0.0.0:9093@db1.lan:9093");
        }

        return new BrokerListener
        {
            Name = named.Length == 2 ? named[0] : parts[0], Protocol = protocol.Value, Host = address.Host, Port = address.Port,
            AdvertisedHost = addresses.Length == 2 ? advertised.Host : null, AdvertisedPort = addresses.Length == 2 ? advertised.Port : null,
        };
    }

    /// <summary>As a client's address, but port 0 takes a free one.</summary>
    private static bool TryAddress(string text, out HostPort address)
    {
        bool isFree = text.EndsWith(":0", StringComparison.Ordinal);
        bool isAddress = HostPort.TryParse(isFree ? text + "1" : text, out address);
        address = isFree ? address with { Port = 0 } : address;
        return isAddress;
    }

    private static EmbeddedBrokerOptions Tls(EmbeddedBrokerOptions options, SettingValue value, Func<BrokerTls, BrokerTls> change) => OnListeners(
        options, value, "TLS", static l => l.Protocol is BrokerSecurityProtocol.Ssl or BrokerSecurityProtocol.SaslSsl, l => l with { Tls = change(l.Tls ?? new BrokerTls()) });

    private static EmbeddedBrokerOptions Sasl(EmbeddedBrokerOptions options, SettingValue value, Func<BrokerSasl, BrokerSasl> change) => OnListeners(
        options, value, "SASL", HasSasl, l => l with { Sasl = change(l.Sasl ?? new BrokerSasl()) });

    /// <summary>The first one that is named takes the place of the default.</summary>
    private static EmbeddedBrokerOptions Mechanism(EmbeddedBrokerOptions options, SettingValue value) => value.Text is "PLAIN" or "SCRAM-SHA-256" or "SCRAM-SHA-512" or "OAUTHBEARER"
        ? OnListeners(
            options, value, "SASL", HasSasl,
            l => l with { Sasl = l.Sasl is { } sasl ? sasl with { Mechanisms = [.. sasl.Mechanisms, value.Text] } : new BrokerSasl { Mechanisms = [value.Text] } })
        : throw value.Wrong("PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");

    private static bool HasSasl(BrokerListener listener) => listener.Protocol is BrokerSecurityProtocol.SaslPlaintext or BrokerSecurityProtocol.SaslSsl;

    private static EmbeddedBrokerOptions OAuth(EmbeddedBrokerOptions options, SettingValue value, Func<BrokerOAuth, BrokerOAuth> change) =>
        Sasl(options, value, sasl => sasl with { OAuth = change(sasl.OAuth ?? new BrokerOAuth()) });

    private static EmbeddedBrokerOptions OnListeners(
        EmbeddedBrokerOptions options, SettingValue value, string what, Func<BrokerListener, bool> has, Func<BrokerListener, BrokerListener> change) =>
        options.Listeners.Any(has)
            ? options with { Listeners = [.. options.Listeners.Select(l => has(l) ? change(l) : l)] }
            : throw new CommandException($"{value.Place} is given, but no listener has {what}; give --listener, such as SASL_SSL://0.0.0.0:9093.", ExitCode.Usage);

    private static EmbeddedBrokerOptions Authorization(EmbeddedBrokerOptions options, SettingValue value, Func<BrokerAuthorization, BrokerAuthorization> change) =>
        options.Authorization is { } given
            ? options with { Authorization = change(given) }
            : throw new CommandException($"{value.Place} is given without --authorization true, without which nobody looks at it.", ExitCode.Usage);

    private static ClientCertificateMode ClientCertificates(SettingValue value) => value.Text switch
    {
        "none" => ClientCertificateMode.None,
        "requested" => ClientCertificateMode.Requested,
        "required" => ClientCertificateMode.Required,
        _ => throw value.Wrong("none, requested or required"),
    };

    private static BrokerUser User(SettingValue value)
    {
        string[] parts = value.Text.Split('=', 2);
        return parts.Length == 2 && parts[0].Length > 0
            ? new BrokerUser { Name = parts[0], Password = () => Secret(value with { Text = parts[1] }) }
            : throw value.Wrong("a name and a file as alice=alice.txt");
    }

    private static string Secret(SettingValue file)
    {
        try
        {
            return File.ReadLines(file.Text).FirstOrDefault() is { Length: > 0 } line ? line : throw new CommandException($"{file.Place} names {file.Text}, whose first line is empty.", ExitCode.Usage);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file.Place} names {file.Text}, which cannot be read: {exception.Message}", ExitCode.Usage, exception);
        }
    }

    private static bool IsUrl(string text, out Uri? url) => Uri.TryCreate(text, UriKind.Absolute, out url) && url.Scheme is "http" or "https";
}
