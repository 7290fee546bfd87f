using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow.Clients;
using StreamFlow.Hosting.Tests.Support;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Hosting.Tests.Docs;

/// <summary>The first program of README.md, as it stands there.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task First_program_counts()
    {
        string[] args = ["--StreamFlow:order-counts:StoreBackend=InMemory", "--Logging:LogLevel:Default=None"];
        var kafka = new InMemoryKafka();
        kafka.CreateTopic("orders");
        kafka.CreateTopic("order-counts");
        kafka.Append(new TopicPartition("orders", 0), "o1"u8.ToArray(), """{"category":"books","status":"placed"}"""u8.ToArray(), 0);
        kafka.Append(new TopicPartition("orders", 0), "o2"u8.ToArray(), """{"category":"books","status":"returned"}"""u8.ToArray(), 1);

        await Task.Run(() => RunAsync(args, kafka)).WaitAsync(TestHost.Deadline);

        var result = Assert.Single(kafka.Read(new TopicPartition("order-counts", 0)));
        Assert.Equal([.. "books"u8, 0, 0, 0, 0, 0, 0, 0, 0], result.Key);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 1], result.Value);
    }

    private static async Task RunAsync(string[] args, InMemoryKafka kafka)
    {
        var builder = Host.CreateApplicationBuilder(args);

        builder.Services.AddStreamFlow("order-counts", (topology, _) =>
        {
            topology.Serdes.Add(new JsonSerde<Order>());
            topology.Stream<string, Order>("orders")
                .Filter((_, order) => order.Status == "placed")
                .GroupBy((_, order) => order.Category)
                .WindowedBy(TumblingWindows.Of(size: TimeSpan.FromMinutes(10), grace: TimeSpan.FromMinutes(1)))
                .Count()
                .ToStream()
                .To("order-counts");
        });

        builder.Services.AddKeyedSingleton<IKafkaClients>("order-counts", kafka).AddHostedService<StopWhenCounted>();

        await builder.Build().RunAsync();
    }

    private sealed
    record Order(string Category, string Status);

    /// <summary>Stops the host as soon as the placed order is counted: the end commits what is in the cache.</summary>
    private sealed class StopWhenCounted(IServiceProvider services, IHostApplicationLifetime lifetime) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var application = services.GetRequiredKeyedService<StreamsApplication>("order-counts");
            await TestHost.Until(() => PlacedOneIsCounted(application.Status), "the order");
            lifetime.StopApplication();
        }

        private static bool PlacedOneIsCounted(StreamsStatus status) => status.Threads.SelectMany(t => t.Tasks)
            .Any(t => t.LastRecord is { } last && last.Partition.Topic.EndsWith("-repartition", StringComparison.Ordinal));
    }
}
