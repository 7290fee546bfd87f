using System.Reactive.Linq;
using StreamFlow.Broker;
using StreamFlow.Kafka;
using StreamFlow.Reactive.Tests.Support;
using StreamFlow.Serialization;

namespace StreamFlow.Reactive.Tests;

/// <summary>All parts together, in real time, over librdkafka and the embedded broker.</summary>
public sealed class EmbeddedBrokerTests
{
    private const int Records = 2000;

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task An_observable_is_counted_and_observed(ProcessingGuarantee guarantee)
    {
        await using var broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("in", 3), new BrokerTopic("staged", 3), new BrokerTopic("counts", 1)] });
        var clients = new KafkaClients(new KafkaClientOptions { BootstrapServers = broker.BootstrapServers });
        var builder = new StreamsBuilder();
        var counts = builder.Stream<string, int>("staged").GroupByKey().Count(new() { Name = "counts" });
        var taps = counts.AsObservable(new ObservationOptions { SlowObserver = SlowObserver.Block });
        counts.ToStream().To("counts");
        await using var application = new StreamsApplication(
            builder.Build(),
            new StreamFlowOptions
            {
                ApplicationId = "app", ProcessingGuarantee = guarantee, CommitInterval = TimeSpan.FromMilliseconds(50), CacheMaxBytes = 0,
            },
            clients);
        var (tapped, rows) = (new Seen<Record<string, long>>(), new Seen<Record<string, long>>());
        using var first = taps.Subscribe(tapped);
        using var second = application
            .ObserveStore<string, long>("counts", new() { Interval = TimeSpan.FromMilliseconds(20) }).Subscribe(rows);
        await application.StartAsync();

        await using var stage = clients.RunStage(
            ("in", Reading()), records => records.Where(record => record.Value >= 0), ("staged", Writing()),
            new StageOptions { GroupId = "stage", CommitInterval = TimeSpan.FromMilliseconds(100) });
        await using var writing = Observable.Range(-10, Records + 10)
            .WriteTo(clients, "in", value => $"k{(value + 10) % 7}", Writing());
        await writing.Completion.WaitAsync(TimeSpan.FromMinutes(1));
        await Harness.Until(() => rows.Items.GroupBy(r => r.Key).Sum(r => r.Last().Value) == Records, "all in the rows");
        await Harness.Until(() => tapped.Items.Count == Records, "all updates at the tap");

        Assert.All(tapped.Items.GroupBy(r => r.Key), key => Assert.Equal(Enumerable.Range(1, key.Count()), key.Select(r => (int)r.Value)));
        await stage.DisposeAsync();
        await application.StopAsync();
        await Harness.Until(() => tapped.IsCompleted && rows.IsCompleted, "completion");
        var results = new List<long>();
        var reading = new TopicReadOptions<string, long> { KeySerde = Serdes.String, ValueSerde = Serdes.Int64, StopsAtEnd = true };
        await foreach (var record in clients.ReadTopic("counts", reading))
        {
            results.Add(record.Value);
        }

        Assert.Equal(tapped.Items.Select(r => r.Value).Order(), results.Order());
    }

    private static TopicReadOptions<string, int> Reading() => new() { KeySerde = Serdes.String, ValueSerde = Serdes.Int32 };

    private static TopicWriteOptions<string, int> Writing() => new() { KeySerde = Serdes.String, ValueSerde = Serdes.Int32 };
}
