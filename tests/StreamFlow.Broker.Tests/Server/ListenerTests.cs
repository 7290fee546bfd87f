using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Server;

public sealed class ListenerTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public static TheoryData<string, EmbeddedBrokerOptions> Refused { get; } = new()
    {
        { "AllowUnsecuredNetwork (--allow-unsecured-network)", new() { Host = "0.0.0.0", AdvertisedHost = "broker" } },
        { "to anybody", With(new() { Host = "0.0.0.0", AdvertisedHost = "b", Protocol = BrokerSecurityProtocol.Ssl, Tls = new() }) },
        {
            "passwords or tokens", With(SecuredBroker.Sasl("SCRAM-SHA-256", "PLAIN") with { Host = "0.0.0.0", AdvertisedHost = "b" })
        },
        { "has no Tls", With(new() { Protocol = BrokerSecurityProtocol.Ssl }) },
        { "has no Sasl", With(new() { Protocol = BrokerSecurityProtocol.SaslPlaintext }) },
        { "and has Sasl", With(new() { Sasl = new() }) },
        { "and has Tls", With(new() { Tls = new() }) },
        { "offers no mechanism", With(SecuredBroker.Sasl()) },
        { "mechanism 'GSSAPI'", With(SecuredBroker.Sasl("GSSAPI")) },
        { "set Sasl.OAuth", With(SecuredBroker.Sasl("OAUTHBEARER")) },
        { "Two listeners are called 'PLAINTEXT'", new() { Listeners = [new(), new()] } },
        { "Listeners are given, and Host", new() { Listeners = [new()], Port = 9092 } },
        { "User:name", new() { Authorization = new() { SuperUsers = ["admin"] } } },
        { "has no certificate", With(new() { Protocol = BrokerSecurityProtocol.Ssl, Tls = new() }) },
        { "none is trusted", With(new()
        {
            Protocol = BrokerSecurityProtocol.Ssl,
            Tls = new() { CertificateFile = "SERVER", ClientCertificates = ClientCertificateMode.Required },
        }) },
        { "MaxReauthentication", With(SecuredBroker.Sasl("PLAIN") with { Sasl = new() { MaxReauthentication = TimeSpan.Zero } }) },
    };

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_not_meant_is_refused_with_the_remedy(string expected, EmbeddedBrokerOptions options)
    {
        if (options.Listeners is [{ Tls.CertificateFile: "SERVER" } listener])
        {
            options = With(listener with { Tls = listener.Tls with { CertificateFile = _certificates.ServerFile } });
        }

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedBroker.StartAsync(options));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_meant_may_be_open_to_the_network()
    {
        foreach (EmbeddedBrokerOptions options in new[]
        {
            new EmbeddedBrokerOptions { Host = "0.0.0.0", AdvertisedHost = "broker", AllowUnsecuredNetwork = true },
            With(SecuredBroker.Sasl("SCRAM-SHA-256") with { Host = "0.0.0.0", AdvertisedHost = "broker" }),
            With(new()
            {
                Host = "0.0.0.0",
                AdvertisedHost = "broker",
                Protocol = BrokerSecurityProtocol.SaslSsl,
                Tls = _certificates.Tls,
                Sasl = new() { Mechanisms = ["PLAIN"] },
            }),
        })
        {
            await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options);
            Assert.StartsWith("broker:", broker.BootstrapServers, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_to_those_who_come_then()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            With(new() { Protocol = BrokerSecurityProtocol.Ssl, Tls = _certificates.Tls }));
        string first = await ShownAsync(broker.Port);
        string renewed = _certificates.IssueServer();
        Assert.NotEqual(first, renewed);
        await Eventually.TrueAsync(() => ShownAsync(broker.Port).GetAwaiter().GetResult() == renewed, "the new certificate is shown");

        // A file that is damaged meanwhile changes nothing.
        File.WriteAllText(_certificates.ServerFile, "-----BEGIN CERTIFICATE-----");
        await Task.Delay(1100);
        Assert.Equal(renewed, await ShownAsync(broker.Port));
    }

    [Fact]
    public async Task Who_speaks_no_TLS_where_it_is_spoken_is_let_go()
    {
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            With(new() { Protocol = BrokerSecurityProtocol.Ssl, Tls = _certificates.Tls }));
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        await client.SendAsync("ApiVersions", 3, MinimalRequests.For("ApiVersions"));
        Assert.Null(await client.ReceiveFrameAsync());
    }

    [Fact]
    public async Task Users_keep_their_passwords_over_a_restart()
    {
        using TemporaryDirectory directory = new();
        EmbeddedBrokerOptions options = new()
        {
            DataDirectory = directory.Path,
            Listeners = [SecuredBroker.Sasl("PLAIN")],
            Users = [SecuredBroker.Alice],
        };
        await using (await EmbeddedBroker.StartAsync(options))
        {
        }

        await using EmbeddedBroker again = await EmbeddedBroker.StartAsync(
            options with { Users = [new BrokerUser { Name = "alice", Password = static () => "other" }] });
        using RawClient client = await RawClient.ConnectAsync(again.Port);
        await client.LoginAsync("alice", "wonderland");
    }

    private static EmbeddedBrokerOptions With(BrokerListener listener) => new() { Listeners = [listener] };

    private static async Task<string> ShownAsync(int port)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync("127.0.0.1", port);
        string thumbprint = "";
        using SslStream tls = new(tcp.GetStream(), false, (_, certificate, _, _) =>
        {
            thumbprint = (certificate as X509Certificate2)?.Thumbprint ?? "";
            return thumbprint.Length > 0;
        });
        await tls.AuthenticateAsClientAsync("localhost");
        return thumbprint;
    }
}
