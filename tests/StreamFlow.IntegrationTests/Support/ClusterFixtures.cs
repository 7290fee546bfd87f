namespace StreamFlow.IntegrationTests.Support;

/// <summary>Gives every test a Kafka without topics of other tests.</summary>
public abstract class ClusterFixture : IAsyncLifetime
{
    public abstract Task<TestCluster> FreshAsync();

    public Task InitializeAsync() => Task.CompletedTask;

    public abstract Task DisposeAsync();
}

/// <summary>A new embedded broker for each test.</summary>
public sealed class EmbeddedFixture : ClusterFixture
{
    private TestCluster? _cluster;

    public override async Task<TestCluster> FreshAsync()
    {
        await DisposeAsync();
        return _cluster = await EmbeddedCluster.StartAsync();
    }

    /// <summary>Address of the broker of the test at hand.</summary>
    public string BootstrapServers => _cluster!.BootstrapServers;

    public override async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
            _cluster = null;
        }
    }
}

/// <summary>One Apache Kafka for the whole run, started when the first test asks for it.</summary>
public sealed class ApacheFixture : ClusterFixture
{
    private ApacheCluster? _cluster;

    public override async Task<TestCluster> FreshAsync()
    {
        _cluster ??= await ApacheCluster.StartAsync();
        await new Probe(_cluster.BootstrapServers).DeleteAllTopicsAsync();
        return _cluster;
    }

    public override async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}

/// <summary>Tests against the embedded broker; one after the other, beside those against Apache Kafka.</summary>
[CollectionDefinition(Name)]
public sealed class EmbeddedBrokerGroup : ICollectionFixture<EmbeddedFixture>
{
    public const string Name = "embedded broker";
}

/// <summary>Tests against Apache Kafka.</summary>
[CollectionDefinition(Name)]
public sealed class ApacheKafkaGroup : ICollectionFixture<ApacheFixture>
{
    public const string Name = "Apache Kafka";
}

/// <summary>Tests of the sample against an Apache Kafka of their own, beside the others, since they wait most of the time.</summary>
[CollectionDefinition(Name)]
public sealed class ApacheSampleGroup : ICollectionFixture<ApacheFixture>
{
    public const string Name = "Apache Kafka and the sample";
}
