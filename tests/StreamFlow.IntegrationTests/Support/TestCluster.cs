using StreamFlow.Broker;
using StreamFlow.TestSupport;

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
    private readonly TimeProvider _time;
    private EmbeddedBroker _broker;

    private EmbeddedCluster(string data, TimeProvider time, EmbeddedBroker broker)
    {
        (_data, _time) = (data, time);
        _broker = broker;
    }

    public override string BootstrapServers => _broker.BootstrapServers;

    public static async Task<EmbeddedCluster> StartAsync(TimeProvider? time = null)
    {
        var data = Directory.CreateTempSubdirectory("streamflow-integration-").FullName;
        time ??= TimeProvider.System;
        return new EmbeddedCluster(data, time, await StartAsync(data, 0, time));
    }

    public override async Task RestartAsync(Func<Task> whileDown)
    {
        var port = _broker.Port;
        await _broker.DisposeAsync();
        await whileDown();
        _broker = await StartAsync(_data, port, _time);
    }

    public override async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static Task<EmbeddedBroker> StartAsync(string data, int port, TimeProvider time) =>
        EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            DataDirectory = data,
            Port = port,
            AutoCreateTopics = false,
            GroupMinSessionTimeout = TimeSpan.FromSeconds(1),
            // Whenever it looks after its topics: how often that is, the clock says.
            RetentionCheckInterval = TimeSpan.FromMilliseconds(1),
            TimeProvider = time,
        });
}

/// <summary>Apache Kafka in a process of its own.</summary>
public sealed class ApacheCluster : TestCluster
{
    private readonly string _folder;
    private readonly ApacheKafkaBroker _broker;

    private ApacheCluster(string folder, int port, ApacheKafkaBroker broker) =>
        (_folder, BootstrapServers, _broker) = (folder, $"127.0.0.1:{port}", broker);

    public override string BootstrapServers { get; }

    public static async Task<ApacheCluster> StartAsync(params string[] settings)
    {
        ExternalTool.RequireKafka();
        var folder = Directory.CreateTempSubdirectory("streamflow-apache-").FullName;
        var port = FreePort.Find();
        return new ApacheCluster(folder, port, await ApacheKafkaBroker.StartAsync(
            folder, port, ["group.min.session.timeout.ms=1000", "auto.create.topics.enable=false", .. settings]));
    }

    public override async Task RestartAsync(Func<Task> whileDown)
    {
        await _broker.KillAsync();
        await whileDown();
        await _broker.RestartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
