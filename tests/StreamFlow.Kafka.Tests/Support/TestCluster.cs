using StreamFlow.Broker;
using StreamFlow.Clients;
using StreamFlow.TestSupport;

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

    // The records' time is past: with the default retention a broker deletes them while a test reads.
    internal static NewTopic Topic(string name, int partitions) =>
        new(name, partitions, new Dictionary<string, string> { ["retention.ms"] = "-1" });
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

/// <summary>Apache Kafka; skipped where that or Java is missing.</summary>
public sealed class ApacheCluster : TestCluster
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-kafka-").FullName;
    private ApacheKafkaBroker? _broker;

    public ApacheCluster() => Unavailable = ApacheKafkaBroker.WhyUnavailable();

    public override async Task InitializeAsync()
    {
        if (Unavailable is null)
        {
            var port = FreePort.Find();
            _broker = await ApacheKafkaBroker.StartAsync(_folder, port, "auto.create.topics.enable=true");
            BootstrapServers = $"127.0.0.1:{port}";
        }
    }

    public override async Task DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
