using System.Text.Json;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>A broker with a listener for each way to connect, and files that tell clients of other languages of it.</summary>
internal sealed class ClientBroker : IAsyncDisposable
{
    private static readonly string[] Mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"];
    private readonly TemporaryDirectory _directory;
    private readonly TestCertificates _certificates;
    private readonly TestTokens _tokens;
    private readonly EmbeddedBroker _broker;
    private readonly LogLines _log;

    private ClientBroker(
        TemporaryDirectory directory, TestCertificates certificates, TestTokens tokens, EmbeddedBroker broker, LogLines log, string? plain)
    {
        _log = log;
        _directory = directory;
        _certificates = certificates;
        _tokens = tokens;
        _broker = broker;
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string token = tokens.Sign($$"""{"sub":"alice","scope":"kafka","iat":{{now - 5}},"exp":{{now + 3600}}}""", "RS256");
        string tokenFile = In("token.jwt");
        File.WriteAllText(tokenFile, token);
        Values = new Dictionary<string, string>
        {
            ["plain"] = plain ?? broker.BootstrapServersOf("PLAIN"),
            ["ssl"] = broker.BootstrapServersOf("SSL"),
            ["mtls"] = broker.BootstrapServersOf("MTLS"),
            ["sasl"] = broker.BootstrapServersOf("SASL"),
            ["renewed"] = broker.BootstrapServersOf("RENEWED"),
            ["ca"] = certificates.AuthorityFile,
            ["client"] = certificates.IssueClient("CN=alice"),
            ["token"] = token,
            ["token-url"] = new Uri(tokenFile).AbsoluteUri,
        };
        WriteFiles();
    }

    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>The same values as JSON, and as properties of Java.</summary>
    public string JsonFile => In("settings.json");

    public string PropertiesFile => In("settings.properties");

    /// <summary>How often a client has renewed its authentication on the connection that it had.</summary>
    public int Renewals => _log.Count(static x => x.Contains("has authenticated again", StringComparison.Ordinal));

    /// <param name="plain">What clients are told in the place of the listener without security; null for that.</param>
    public static async Task<ClientBroker> StartAsync(string? plain = null)
    {
        LogLines log = new(LogLevel.Trace);
        TestCertificates certificates = new();
        TestTokens tokens = new();
        BrokerSasl sasl = new() { Mechanisms = Mechanisms, OAuth = new BrokerOAuth { KeySet = tokens.KeySet } };
        BrokerListener secured = new() { Name = "SASL", Protocol = BrokerSecurityProtocol.SaslSsl, Tls = certificates.Tls, Sasl = sasl };
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Listeners =
            [
                new BrokerListener { Name = "PLAIN" },
                new BrokerListener { Name = "SSL", Protocol = BrokerSecurityProtocol.Ssl, Tls = certificates.Tls },
                new BrokerListener
                {
                    Name = "MTLS",
                    Protocol = BrokerSecurityProtocol.Ssl,
                    Tls = certificates.Tls with
                    {
                        ClientCertificates = ClientCertificateMode.Required,
                        TrustedCertificatesFile = certificates.AuthorityFile,
                    },
                },
                secured,
                secured with { Name = "RENEWED", Sasl = sasl with { MaxReauthentication = ClientSettings.Reauthentication } },
            ],
            LoggerFactory = log.Factory,
            Users = [SecuredBroker.Alice],
            Authorization = new BrokerAuthorization { SuperUsers = ["User:ANONYMOUS", "User:alice", "User:CN=alice"] },
        });
        return new ClientBroker(new TemporaryDirectory(), certificates, tokens, broker, log, plain);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _certificates.Dispose();
        _tokens.Dispose();
        _directory.Dispose();
    }

    private void WriteFiles()
    {
        Dictionary<string, object> json = Values.ToDictionary(static x => x.Key, static x => (object)x.Value);
        json["reauthentication_ms"] = ClientSettings.Reauthentication.TotalMilliseconds;
        File.WriteAllText(JsonFile, JsonSerializer.Serialize(json));
        File.WriteAllLines(PropertiesFile, Values.Select(static x => $"{x.Key}={x.Value}"));
    }

    private string In(string name) => Path.Combine(_directory.Path, name);
}
