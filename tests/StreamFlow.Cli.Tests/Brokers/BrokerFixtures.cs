using StreamFlow.Broker;
using StreamFlow.Cli.Tests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.Cli.Tests.Brokers;

/// <summary>A broker for a class of tests.</summary>
public abstract class BrokerFixture : IAsyncLifetime
{
    /// <summary>Where it listens.</summary>
    public string Servers { get; protected set; } = "";

    /// <summary>Why it cannot run here, or null.</summary>
    public abstract string? Missing { get; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();
}

/// <summary>The broker of this repository, in this process.</summary>
public sealed class EmbeddedFixture : BrokerFixture
{
    private EmbeddedBroker? _broker;

    public override string? Missing => null;

    public override async Task InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { Authorization = new BrokerAuthorization { SuperUsers = ["User:ANONYMOUS"] } });
        Servers = _broker.BootstrapServers;
    }

    public override async Task DisposeAsync() => await _broker!.DisposeAsync();
}

/// <summary>Apache Kafka, where it is there, with an authorizer that lets everybody in.</summary>
public sealed class KafkaFixture : BrokerFixture
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-cli-").FullName;
    private ApacheKafkaBroker? _broker;

    public override string? Missing => ApacheKafkaBroker.WhyUnavailable();

    public override async Task InitializeAsync()
    {
        if (Missing is null)
        {
            int port = FreePort.Find();
            _broker = await ApacheKafkaBroker.StartAsync(
                Path.Combine(_folder, "kafka"), port,
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "super.users=User:ANONYMOUS");
            Servers = $"127.0.0.1:{port}";
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
