using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker;
using StreamFlow.Clients;

namespace StreamFlow.Kafka.Tests.Support;

/// <summary>A real broker for one test class: StreamFlow's own or Apache Kafka.</summary>
public abstract class TestCluster : IAsyncLifetime
{
    internal string BootstrapServers { get; private protected set; } = string.Empty;

    /// <summary>Why tests cannot run, or null.</summary>
    internal string? Unavailable { get; private protected init; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    internal async Task CreateTopicsAsync(params NewTopic[] topics)
    {
        using var admin = TestClients.For(BootstrapServers).CreateAdmin("setup");
        await admin.CreateTopicsAsync(topics, CancellationToken.None);
    }

    internal static NewTopic Topic(string name, int partitions) =>
        new(name, partitions, new Dictionary<string, string>());
}

/// <summary>StreamFlow's own broker.</summary>
public sealed class EmbeddedCluster : TestCluster
{
    private EmbeddedBroker? _broker;

    public override async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { AutoCreateTopics = true });
        BootstrapServers = _broker.BootstrapServers;
    }

    public override async Task DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }
    }
}

/// <summary>
/// Apache Kafka from KAFKA_HOME, or from the folder shared/kafka beside the checkout; skipped where that or Java is
/// missing.
/// </summary>
public sealed class ApacheCluster : TestCluster
{
    private readonly string? _script;
    private string? _folder;
    private bool _started;

    public ApacheCluster()
    {
        _script = Script();
        Unavailable = _script is null
            ? "Apache Kafka is not there: set KAFKA_HOME to a folder with bin/kafka"
            : HasJava() ? null : "Java is not there: put java on the PATH or set JAVA_HOME";
    }

    public override async Task InitializeAsync()
    {
        if (Unavailable is not null)
        {
            return;
        }

        _folder = Directory.CreateTempSubdirectory("streamflow-kafka-").FullName;
        for (var attempt = 1; BootstrapServers.Length == 0; attempt++)
        {
            // The port may be taken meanwhile, and the script's random cluster id may begin with a hyphen.
            var port = FreePort().ToString(CultureInfo.InvariantCulture);
            if (await RunAsync("start", _folder, port, "auto.create.topics.enable=true") == 0)
            {
                BootstrapServers = $"127.0.0.1:{port}";
                _started = true;
            }
            else if (attempt == 3)
            {
                throw new InvalidOperationException($"Apache Kafka does not start; see {_folder}/log.");
            }
        }
    }

    public override async Task DisposeAsync()
    {
        if (_started)
        {
            Assert.Equal(0, await RunAsync("stop", _folder!));
            Directory.Delete(_folder!, recursive: true);
        }
    }

    private static string? Script()
    {
        if (Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 } home)
        {
            return Path.Combine(home, "bin", "kafka") is var chosen && File.Exists(chosen) ? chosen : null;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "kafka", "bin", "kafka");
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool HasJava()
    {
        if (Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 })
        {
            return true;
        }

        var path = Environment.GetEnvironmentVariable("PATH") ?? string.Empty;
        return path.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "java")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        // No redirection: the broker would inherit the pipe, and reading it to its end would wait for the broker.
        using var process = Process.Start(new ProcessStartInfo(_script!, arguments) { UseShellExecute = false })!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(deadline.Token);
        return process.ExitCode;
    }
}
