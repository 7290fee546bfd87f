using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests.Serving;

/// <summary>The program's broker with TLS, SASL and ACLs, and the program's commands as its users.</summary>
public sealed class SecuredBrokerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-512")]
    public async Task Users_are_let_in_over_TLS_by_their_password_and_do_what_they_may(string mechanism)
    {
        (string certificate, string wrong) = (Certificate("broker.pem"), Certificate("other.pem"));
        string admin = _folder.Write("admin.txt", "admin-secret\n");
        string alice = _folder.Write("alice.txt", "alice-secret\n");
        using CliProcess broker = await CliProcess.StartAsync(
            "broker", "--listener", "SASL_SSL://127.0.0.1:0", "--tls-certificate", certificate, "--sasl-mechanism", mechanism,
            "--user", $"admin={admin}", "--user", $"alice={alice}", "--authorization", "true", "--super-user", "User:admin", "--log-level", "error");

        Assert.Equal("", (await RunAsync(broker, mechanism, "admin", "admin-secret", certificate, "topics", "list", "--json")).Succeeded().Trim('[', ']', '\n'));
        (await RunAsync(broker, mechanism, "admin", "admin-secret", certificate, "topics", "create", "t")).Succeeded();
        Assert.Contains("TOPIC_AUTHORIZATION_FAILED", (await RunAsync(broker, mechanism, "alice", "alice-secret", certificate, "topics", "create", "u")).Errors, StringComparison.Ordinal);
        (await RunAsync(broker, mechanism, "admin", "admin-secret", certificate, "acls", "add", "--principal", "User:alice", "--topic", "t", "--consumer")).Succeeded();
        Assert.Equal("", (await RunAsync(broker, mechanism, "alice", "alice-secret", certificate, "consume", "t", "--from-beginning", "-e")).Succeeded());
        Assert.Contains("SASL_AUTHENTICATION_FAILED", (await RunAsync(broker, mechanism, "alice", "wrong", certificate, "topics", "list")).Failed(ExitCode.Failed), StringComparison.Ordinal);
        Assert.Contains("TLS with 127.0.0.1", (await RunAsync(broker, mechanism, "alice", "alice-secret", wrong, "topics", "list")).Failed(ExitCode.Unreachable), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Unreachable, (await Support.Cli.RunAsync("topics", "list", "-b", broker.BootstrapServers)).Code);
    }

    [Fact]
    public async Task Listener_with_SASL_has_both_forms_of_SCRAM_unless_mechanisms_are_named()
    {
        string alice = _folder.Write("alice.txt", "alice-secret\n");
        using CliProcess broker = await CliProcess.StartAsync(
            "broker", "--listener", "SASL_PLAINTEXT://127.0.0.1:0", "--user", $"alice={alice}", "--authorization", "--super-user", "User:alice", "--log-level", "error");

        foreach (string mechanism in new[] { "SCRAM-SHA-256", "SCRAM-SHA-512" })
        {
            string file = _folder.Write("alice.properties", $"security.protocol=SASL_PLAINTEXT\nsasl.mechanism={mechanism}\nsasl.username=alice\nsasl.password=alice-secret\n");
            (await Support.Cli.RunAsync("topics", "create", $"of-{mechanism}", "-b", broker.BootstrapServers, "--command-config", file)).Succeeded();
        }
    }

    private Task<Outcome> RunAsync(CliProcess broker, string mechanism, string user, string password, string ca, params string[] args)
    {
        string file = _folder.Write($"{user}.properties", $"security.protocol=SASL_SSL\nsasl.mechanism={mechanism}\nsasl.username={user}\nsasl.password={password}\nssl.ca.location={ca}\n");
        return Support.Cli.RunAsync([.. args, "-b", broker.BootstrapServers, "--command-config", file]);
    }

    /// <summary>One that has signed itself, with its key behind it.</summary>
    private string Certificate(string name)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return _folder.Write(name, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
    }
}
