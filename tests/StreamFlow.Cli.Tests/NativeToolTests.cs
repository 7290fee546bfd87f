using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StreamFlow.Cli.Records;
using StreamFlow.Cli.Tests.Support;

namespace StreamFlow.Cli.Tests;

/// <summary>The tool as one native file: nothing of it, or of the broker in it, needs what trimming takes away.</summary>
public sealed class NativeToolTests(NativeTool tool) : IClassFixture<NativeTool>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Native_program_answers_as_the_managed_one_does()
    {
        (Process broker, string ready) = await tool.StartBrokerAsync("--port", "0", "--http", "0");
        using Process running = broker;
        try
        {
            string servers = ready.Split(' ', ',')[3];
            await tool.DoneAsync("", "topics", "create", "t", "--partitions", "2", "-b", servers);
            foreach (string codec in Codec.All.Select(c => c.Name))
            {
                await tool.DoneAsync($"{codec}:value\n", "produce", "t", "-K", ":", "--compression", codec, "-b", servers);
            }

            string read = await tool.DoneAsync("", "consume", "t", "--group", "g", "--from-beginning", "--keys", "--count", $"{Codec.All.Count}", "--json", "-b", servers);
            Assert.All(Codec.All, c => Assert.Contains($"\"key\":\"{c.Name}\",\"value\":\"value\"", read, StringComparison.Ordinal));
            Assert.Contains("\"lag\": 0", await tool.DoneAsync("", "groups", "describe", "g", "--json", "-b", servers), StringComparison.Ordinal);
            Assert.Contains("cleanup.policy", await tool.DoneAsync("", "configs", "describe", "topic", "t", "--all", "-b", servers), StringComparison.Ordinal);
            Assert.Contains("transaction.version", await tool.DoneAsync("", "cluster", "features", "-b", servers), StringComparison.Ordinal);
            (int unknown, string error) = await tool.RunAsync("", "topics", "crete");
            Assert.Equal((2, "error: 'streamflow topics' has no command 'crete'. Did you mean create? See 'streamflow topics --help'.\n"), (unknown, error));
        }
        finally
        {
            broker.Kill();
        }
    }

    [SkippableFact]
    public async Task Native_program_speaks_TLS_and_SCRAM_and_tells_of_itself_as_its_configuration_file_says()
    {
        string certificate = _folder.Write("broker.pem", Certificate());
        string config = _folder.Write("broker.json", $$"""
            {
              "listener": ["SASL_SSL://127.0.0.1:0"],
              "tls-certificate": "{{certificate}}",
              "sasl-mechanism": ["SCRAM-SHA-512"],
              "user": ["alice={{_folder.Write("alice.txt", "secret")}}"],
              "authorization": true,
              "super-user": ["User:alice"],
              "topic": ["secured:2"],
              "flush": "fsync",
              "data": "{{Path.Combine(_folder.Path, "data")}}",
              "http": 0,
            }
            """);
        (Process broker, string ready) = await tool.StartBrokerAsync("--config", config, "--log-level", "warning");
        using Process running = broker;
        try
        {
            string servers = ready.Split(' ', ',')[3];
            string[] login = ["-b", servers, "--command-config", Login(certificate, "secret")];
            await tool.DoneAsync("k:v\n", ["produce", "secured", "-K", ":", "--compression", "zstd", .. login]);
            Assert.Equal("k\tv\n", await tool.DoneAsync("", ["consume", "secured", "--from-beginning", "--until-end", "--keys", .. login]));
            Assert.Contains("SCRAM-SHA-512", await tool.DoneAsync("", ["users", "list", .. login]), StringComparison.Ordinal);
            (int code, string error) = await tool.RunAsync("", "topics", "list", "-b", servers, "--command-config", Login(certificate, "guessed"));
            Assert.True(code == 1, error);
            Assert.Contains("uthentication", error, StringComparison.Ordinal);

            using HttpClient http = new() { BaseAddress = new Uri(ready.Split("status at ")[1]) };
            Assert.Contains("\"status\":\"ready\"", await http.GetStringAsync("/health"), StringComparison.Ordinal);
            string metrics = await http.GetStringAsync("/metrics");
            Assert.Contains("streamflow_broker_connections{", metrics, StringComparison.Ordinal);
            Assert.Contains("streamflow_broker_topic_size_bytes{", metrics, StringComparison.Ordinal);
        }
        finally
        {
            broker.Kill();
        }
    }

    private static string Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }

    private string Login(string certificate, string password) => _folder.Write($"{password}.properties", $"""
        security.protocol=SASL_SSL
        sasl.mechanism=SCRAM-SHA-512
        sasl.username=alice
        sasl.password={password}
        ssl.ca.location={certificate}
        """);
}
