using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>An application on an in-memory Kafka, with waits that have a deadline.</summary>
internal sealed class AppHarness : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly List<StreamsApplication> _applications = [];

    public AppHarness(params (string Topic, int Partitions)[] topics)
    {
        Kafka = new InMemoryKafka();
        foreach (var (topic, partitions) in topics)
        {
            Kafka.CreateTopic(topic, partitions);
        }
    }

    public InMemoryKafka Kafka { get; }

    public static StreamFlowOptions Options() => new()
    {
        ApplicationId = "app",
        CommitInterval = TimeSpan.FromMilliseconds(20),
        PollTimeout = TimeSpan.FromMilliseconds(10),
        DeliveryTimeout = TimeSpan.FromSeconds(10),
    };

    public async Task<StreamsApplication> StartAsync(
        Action<StreamsBuilder> topology,
        Action<StreamFlowOptions>? configure = null,
        StreamsServices? services = null,
        IKafkaClients? clients = null,
        TopologyOptimization optimization = TopologyOptimization.None)
    {
        var application = Create(topology, configure, services, clients, optimization);
        await application.StartAsync();
        return application;
    }

    /// <summary>An application that is not started yet.</summary>
    public StreamsApplication Create(
        Action<StreamsBuilder> topology,
        Action<StreamFlowOptions>? configure = null,
        StreamsServices? services = null,
        IKafkaClients? clients = null,
        TopologyOptimization optimization = TopologyOptimization.None)
    {
        var builder = new StreamsBuilder();
        topology(builder);
        var options = Options();
        configure?.Invoke(options);
        var application = new StreamsApplication(
            builder.Build(new() { Optimization = optimization }), options, clients ?? Kafka, services);
        _applications.Add(application);
        return application;
    }

    /// <summary>Moves the cluster's clock, second by second, until something has happened.</summary>
    public Task UntilWithTime(Func<bool> condition, string what, TimeSpan? step = null) => Until(
        () =>
        {
            ((VirtualTime)Kafka.Time).Advance(step ?? TimeSpan.FromSeconds(1));
            return condition();
        },
        what);

    public void Send(string topic, int partition, string key, string value, long timestamp = 0) =>
        Kafka.Append(new TopicPartition(topic, partition), Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value), timestamp);

    public IReadOnlyList<string> Values(string topic) =>
        [.. Enumerable.Range(0, Kafka.PartitionCount(topic))
            .SelectMany(p => Kafka.Read(new TopicPartition(topic, p)))
            .Select(r => r.Value is null ? "<tombstone>" : Encoding.UTF8.GetString(r.Value))];

    public static async Task Until(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {Deadline}: {what}");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var application in _applications)
        {
            await application.DisposeAsync();
        }
    }
}
