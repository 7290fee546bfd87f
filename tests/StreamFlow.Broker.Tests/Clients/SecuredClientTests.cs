using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients;

/// <summary>Clients that nobody here wrote, over every protocol and mechanism.</summary>
public sealed class SecuredClientTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [SkippableTheory]
    [InlineData("PLAIN", false)]
    [InlineData("PLAIN", true)]
    [InlineData("SCRAM-SHA-256", false)]
    [InlineData("SCRAM-SHA-256", true)]
    [InlineData("SCRAM-SHA-512", false)]
    [InlineData("SCRAM-SHA-512", true)]
    public async Task Kcat_authenticates_and_consumes_what_it_produced(string mechanism, bool tls)
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(Listener(mechanism, tls));
        string[] settings = Settings(broker, mechanism, tls, "wonderland");
        await RoundTripAsync(settings);
    }

    [SkippableFact]
    public async Task Kcat_with_a_wrong_password_is_told_so()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(Listener("SCRAM-SHA-256", tls: true));
        using ExternalTool kcat = ExternalTool.Start(
            ExternalTool.Kcat, [.. Settings(broker, "SCRAM-SHA-256", tls: true, "wrong"), "-L", "-m", "3"]);
        Assert.NotEqual(0, await kcat.ExitAsync());
        Assert.Contains("invalid credentials", kcat.Errors, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Kcat_authenticates_with_an_unsecured_token_where_that_is_allowed()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        BrokerListener listener = Listener("OAUTHBEARER", tls: true);
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(listener with
        {
            Sasl = listener.Sasl! with { OAuth = new BrokerOAuth { AllowUnsecuredTokens = true } },
        });
        await RoundTripAsync(
        [
            "-b", broker.BootstrapServers, "-X", "security.protocol=SASL_SSL", "-X", $"ssl.ca.location={_certificates.AuthorityFile}",
            "-X", "sasl.mechanism=OAUTHBEARER", "-X", "enable.sasl.oauthbearer.unsecure.jwt=true",
            "-X", "sasl.oauthbearer.config=principal=alice lifeSeconds=60",
        ]);
    }

    [SkippableFact]
    public async Task Kcat_with_a_certificate_is_called_as_the_rules_say_and_without_one_is_refused()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(new BrokerListener
        {
            Name = "SSL",
            Protocol = BrokerSecurityProtocol.Ssl,
            Tls = _certificates.Tls with
            {
                ClientCertificates = ClientCertificateMode.Required,
                TrustedCertificatesFile = _certificates.AuthorityFile,
            },
        });
        string client = _certificates.IssueClient("CN=alice,O=example");
        string[] settings =
        [
            "-b", broker.BootstrapServers, "-X", "security.protocol=SSL", "-X", $"ssl.ca.location={_certificates.AuthorityFile}",
        ];
        await RoundTripAsync([.. settings, "-X", $"ssl.certificate.location={client}", "-X", $"ssl.key.location={client}"]);
        using ExternalTool refused = ExternalTool.Start(ExternalTool.Kcat, [.. settings, "-L", "-m", "3"]);
        Assert.NotEqual(0, await refused.ExitAsync());
    }

    [SkippableFact]
    public async Task Each_listener_leads_its_clients_to_itself()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        BrokerListener secured = Listener("SCRAM-SHA-512", tls: true) with { AdvertisedHost = "localhost" };
        await using EmbeddedBroker broker = await SecuredBroker.StartAsync(new BrokerListener { Name = "LOCAL" }, secured);
        Assert.Equal(broker.BootstrapServers, broker.BootstrapServersOf("LOCAL"));
        Assert.StartsWith("localhost:", broker.BootstrapServersOf("SECURED"), StringComparison.Ordinal);
        string local = await ExternalTool.RunAsync(ExternalTool.Kcat, ["-b", broker.BootstrapServers, "-L"]);
        Assert.Contains($"broker 1 at {broker.BootstrapServers} ", local, StringComparison.Ordinal);
        string remote = await ExternalTool.RunAsync(
            ExternalTool.Kcat, [.. Settings(broker, "SCRAM-SHA-512", tls: true, "wonderland", "SECURED"), "-L"]);
        Assert.Contains($"broker 1 at {broker.BootstrapServersOf("SECURED")} ", remote, StringComparison.Ordinal);
        Assert.Contains("LOCAL, SECURED", Assert.Throws<ArgumentException>(() => broker.BootstrapServersOf("OTHER")).Message, StringComparison.Ordinal);
    }

    private static async Task RoundTripAsync(string[] settings)
    {
        string lines = string.Join('\n', Enumerable.Range(0, 5_000).Select(static x => $"message-{x}-{new string('x', x % 90)}")) + "\n";
        await ExternalTool.RunAsync(ExternalTool.Kcat, [.. settings, "-P", "-t", "t", "-p", "0"], lines);
        string consumed = await ExternalTool.RunAsync(
            ExternalTool.Kcat, [.. settings, "-C", "-t", "t", "-o", "beginning", "-e", "-q"]);
        Assert.Equal(lines, consumed);
        string grouped = await ExternalTool.RunAsync(
            ExternalTool.Kcat, [.. settings, "-G", "g", "-c", "5000", "-q", "-X", "auto.offset.reset=earliest", "t"]);
        Assert.Equal(lines, grouped);
    }

    private BrokerListener Listener(string mechanism, bool tls) => SecuredBroker.Sasl(mechanism) with
    {
        Name = "SECURED",
        Protocol = tls ? BrokerSecurityProtocol.SaslSsl : BrokerSecurityProtocol.SaslPlaintext,
        Tls = tls ? _certificates.Tls : null,
    };

    private string[] Settings(EmbeddedBroker broker, string mechanism, bool tls, string password, string listener = "SECURED")
    {
        string[] common =
        [
            "-b", broker.BootstrapServersOf(listener), "-X", $"security.protocol={(tls ? "SASL_SSL" : "SASL_PLAINTEXT")}",
            "-X", $"sasl.mechanism={mechanism}", "-X", "sasl.username=alice", "-X", $"sasl.password={password}",
        ];
        return tls ? [.. common, "-X", $"ssl.ca.location={_certificates.AuthorityFile}"] : common;
    }
}
