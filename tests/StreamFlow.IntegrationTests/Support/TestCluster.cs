using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker;

namespace StreamFlow.IntegrationTests.Support;

/// <summary>A Kafka that a test may take away and bring back.</summary>
public abstract class TestCluster : IAsyncDisposable
{
    public abstract string BootstrapServers { get; }

    /// <summary>Stops the broker as hard as its kind allows, and starts it again with its data at the same address.</summary>
    public abstract Task RestartAsync(Func<Task> whileDown);

    public abstract ValueTask DisposeAsync();
}

/// <summary>StreamFlow's own broker, in this process, on a folder that survives its restart.</summary>
public sealed class EmbeddedCluster : TestCluster
{
    private readonly string _data;
    private EmbeddedBroker _broker;

    private EmbeddedCluster(string data, EmbeddedBroker broker)
    {
        _data = data;
        _broker = broker;
    }

    public override string BootstrapServers => _broker.BootstrapServers;

    public static async Task<EmbeddedCluster> StartAsync()
    {
        var data = Directory.CreateTempSubdirectory("streamflow-integration-").FullName;
        return new EmbeddedCluster(data, await StartAsync(data, 0));
    }

    public override async Task RestartAsync(Func<Task> whileDown)
    {
        var port = _broker.Port;
        await _broker.DisposeAsync();
        await whileDown();
        _broker = await StartAsync(_data, port);
    }

    public override async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static Task<EmbeddedBroker> StartAsync(string data, int port) =>
        EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            DataDirectory = data,
            Port = port,
            AutoCreateTopics = false,
            GroupMinSessionTimeout = TimeSpan.FromSeconds(1),
        });
}

/// <summary>Apache Kafka in a process of its own, driven by the distribution's script.</summary>
public sealed class ApacheCluster : TestCluster
{
    private readonly string _script;
    private readonly string _folder;
    private readonly int _port;
    private readonly Process _watchdog;

    private ApacheCluster(string script, string folder, int port)
    {
        _script = script;
        _folder = folder;
        _port = port;

        // A test host that is killed must not leave a broker behind.
        _watchdog = Process.Start(new ProcessStartInfo(
            "bash",
            ["-c", "while kill -0 $1 2>/dev/null; do sleep 1; done; \"$2\" kill \"$3\"; rm -rf \"$3\"", "watchdog",
                $"{Environment.ProcessId}", script, folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    public override string BootstrapServers => $"127.0.0.1:{_port}";

    public static async Task<ApacheCluster> StartAsync(string script)
    {
        var folder = Directory.CreateTempSubdirectory("streamflow-apache-").FullName;
        var cluster = new ApacheCluster(script, folder, FreePort());
        await cluster.StartAsync();
        return cluster;
    }

    public override async Task RestartAsync(Func<Task> whileDown)
    {
        await RunAsync("kill", _folder);
        await whileDown();
        await StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        _watchdog.Kill(entireProcessTree: true);
        _watchdog.Dispose();
        await RunAsync("kill", _folder);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The script's random cluster id begins with a hyphen now and then, which Kafka takes for an option.</summary>
    private async Task StartAsync()
    {
        string[] arguments =
            ["start", _folder, $"{_port}", "group.min.session.timeout.ms=1000", "auto.create.topics.enable=false"];
        for (var attempt = 1; attempt < 3; attempt++)
        {
            if ((await ExternalTool.RunAsync(_script, arguments)).ExitCode == 0)
            {
                return;
            }
        }

        await RunAsync(arguments);
    }

    private async Task RunAsync(params string[] arguments)
    {
        var (exitCode, output) = await ExternalTool.RunAsync(_script, arguments);
        Assert.True(exitCode == 0, $"{_script} {string.Join(' ', arguments)} failed with {exitCode}: {output}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
