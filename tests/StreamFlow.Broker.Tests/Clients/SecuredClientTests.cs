using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;

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

    [SkippableFact]
    public async Task Kafkas_own_tools_make_users_and_rules_and_obey_them()
    {
        Skip.If(ApacheKafkaBroker.WhyUnavailable() is not null, ApacheKafkaBroker.WhyUnavailable());
        BrokerListener secured = Listener("SCRAM-SHA-256", tls: true);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Listeners = [secured],
            Users = [SecuredBroker.Admin],
            Authorization = new BrokerAuthorization { SuperUsers = ["User:admin"] },
            Topics = [new BrokerTopic("orders"), new BrokerTopic("secret")],
        });
        using TemporaryDirectory folder = new();
        string admin = Properties(folder, "admin", "admin-secret");
        string alice = Properties(folder, "alice", "alice-secret");
        string[] server = ["--bootstrap-server", broker.BootstrapServers];
        await KafkaAsync(
            "configs", [.. server, "--command-config", admin, "--alter", "--entity-type", "users", "--entity-name", "alice"],
            "--add-config", "SCRAM-SHA-256=[iterations=8192,password=alice-secret]");
        string users = await KafkaAsync(
            "configs", [.. server, "--command-config", admin, "--describe", "--entity-type", "users", "--entity-name", "alice"]);
        Assert.Contains("SCRAM-SHA-256=iterations=8192", users, StringComparison.Ordinal);
        await KafkaAsync(
            "acls", [.. server, "--command-config", admin, "--add", "--allow-principal", "User:alice"],
            "--operation", "Read", "--operation", "Write", "--topic", "ord", "--resource-pattern-type", "prefixed");
        string rules = await KafkaAsync("acls", [.. server, "--command-config", admin, "--list"]);
        Assert.Contains("(principal=User:alice, host=*, operation=READ, permissionType=ALLOW)", rules, StringComparison.Ordinal);

        string topics = await KafkaAsync("topics", [.. server, "--command-config", alice, "--list"]);
        Assert.Equal("orders", topics.Trim());
        await ExternalTool.RunAsync(
            ApacheKafkaBroker.Script(), ["console-producer", .. server, "--command-config", alice, "--topic", "orders"], "one\ntwo\n");
        await KafkaAsync(
            "acls", [.. server, "--command-config", admin, "--add", "--allow-principal", "User:alice", "--operation", "Read", "--group", "g"]);
        string consumed = await KafkaAsync(
            "console-consumer", [.. server, "--command-config", alice, "--topic", "orders", "--group", "g"],
            "--from-beginning", "--max-messages", "2");
        Assert.Equal("one\ntwo\n", consumed);
        await KafkaAsync(
            "acls", [.. server, "--command-config", admin, "--remove", "--force", "--topic", "ord", "--resource-pattern-type", "prefixed"]);
        Assert.Equal("", (await KafkaAsync("topics", [.. server, "--command-config", alice, "--list"])).Trim());
    }

    private static Task<string> KafkaAsync(string tool, string[] arguments, params string[] more) =>
        ExternalTool.RunAsync(ApacheKafkaBroker.Script(), [tool, .. arguments, .. more]);

    private string Properties(TemporaryDirectory folder, string user, string password)
    {
        string file = Path.Combine(folder.Path, $"{user}.properties");
        File.WriteAllText(file, $"""
            security.protocol=SASL_SSL
            sasl.mechanism=SCRAM-SHA-256
            sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="{user}" password="{password}";
            ssl.truststore.type=PEM
            ssl.truststore.location={_certificates.AuthorityFile}
            """);
        return file;
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
