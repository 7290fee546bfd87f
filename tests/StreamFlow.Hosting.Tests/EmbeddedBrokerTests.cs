using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow.Broker;
using StreamFlow.Hosting.Tests.Support;
using Xunit.Abstractions;

namespace StreamFlow.Hosting.Tests;

/// <summary>Nothing replaced: settings from configuration, librdkafka, RocksDB, a broker.</summary>
public sealed class EmbeddedBrokerTests(ITestOutputHelper output) : IDisposable
{
    private readonly CapturedLog _log = new();
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("streamflow-hosting-");

    public void Dispose()
    {
        output.WriteLine(string.Join(Environment.NewLine, _log.Lines));
        _log.Dispose();
        _state.Delete(recursive: true);
    }

    [Fact]
    public async Task A_host_counts_on_and_a_second_one_goes_on_from_its_state()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Topics = [new BrokerTopic("words", Partitions: 2), new BrokerTopic("counts", Partitions: 2)],
            LoggerFactory = Microsoft.Extensions.Logging.LoggerFactory.Create(logging => logging.AddProvider(_log)),
        });

        await RunAsync(broker, ["a", "b", "a"], lastCounts: ["a=2", "b=1"]);
        Assert.NotEmpty(_state.GetDirectories("rocksdb", SearchOption.AllDirectories));
        await RunAsync(broker, ["a"], lastCounts: ["a=3", "b=1"]);
    }

    /// <summary>As many programs and tests do: <c>using</c>, without <c>await</c>.</summary>
    [Fact]
    public async Task A_provider_that_has_a_broker_and_an_application_is_disposed_of_without_await()
    {
        var broker = await EmbeddedBroker.StartAsync();
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton(_ => broker);
        services.AddStreamFlow("shout", (topology, _) => Topologies.Shout(topology), o => o.BootstrapServers = broker.BootstrapServers);
        using (var provider = services.BuildServiceProvider())
        {
            Assert.Same(broker, provider.GetRequiredService<EmbeddedBroker>());
            Assert.Equal(StreamsState.Created, provider.GetRequiredKeyedService<StreamsApplication>("shout").State);
        }

        Assert.False(Directory.Exists(broker.DataDirectory));
    }

    private async Task RunAsync(EmbeddedBroker broker, string[] words, string[] lastCounts)
    {
        using var host = Build(broker);
        await host.StartAsync();
        var config = new ProducerConfig { BootstrapServers = broker.BootstrapServers };
        using (var producer = new ProducerBuilder<string, string>(config).Build())
        {
            await Task.WhenAll(words.Select(
                w => producer.ProduceAsync("words", new Message<string, string> { Key = w, Value = w })));
        }

        using var consumer = Consume(broker);
        var counts = new Dictionary<string, long>();
        await TestHost.Until(
            () =>
            {
                while (consumer.Consume(TimeSpan.FromMilliseconds(20)) is { } result)
                {
                    counts[result.Message.Key] = result.Message.Value;
                }

                return lastCounts.SequenceEqual(counts.Select(c => $"{c.Key}={c.Value}").Order());
            },
            "counts " + string.Join(", ", lastCounts));
        await host.StopAsync();
        var application = host.Services.GetRequiredKeyedService<StreamsApplication>("word-count");
        Assert.Equal(StreamsState.NotRunning, application.State);
        Assert.Null(application.Status.Error);
    }

    private IHost Build(EmbeddedBroker broker)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["StreamFlow:word-count:BootstrapServers"] = broker.BootstrapServers,
            ["StreamFlow:word-count:Streams:StateDirectory"] = _state.FullName,
            ["StreamFlow:word-count:Streams:CommitInterval"] = "00:00:00.1",
            ["StreamFlow:word-count:Streams:NumStreamThreads"] = "2",
            ["StreamFlow:word-count:Consumer:session.timeout.ms"] = "6000",
        });
        builder.Logging.AddProvider(_log);
        builder.Services.AddStreamFlow("word-count", (topology, _) =>
            topology.Stream<string, string>("words")
                .GroupByKey()
                .Count(new() { Name = "totals" })
                .ToStream()
                .To("counts"));
        return builder.Build();
    }

    private static IConsumer<string, long> Consume(EmbeddedBroker broker)
    {
        var config = new ConsumerConfig { BootstrapServers = broker.BootstrapServers, GroupId = "reader" };
        var consumer = new ConsumerBuilder<string, long>(config).Build();
        consumer.Assign([new TopicPartitionOffset("counts", 0, Offset.Beginning), new("counts", 1, Offset.Beginning)]);
        return consumer;
    }
}
