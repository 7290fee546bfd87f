using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow.Hosting;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Docs.Tests.Compiled;

/// <summary>What docs/guide/from-kafka-streams.md shows of StreamFlow.</summary>
public sealed class FromKafkaStreamsTests
{
    internal static async Task ApplicationAsync(string[] args)
    {
        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddStreamFlow(
            "order-counts",
            (topology, _) =>
            {
                topology.Serdes.Add(new JsonSerde<Order>());
                topology.Stream<string, Order>("orders")
                    .Filter((_, order) => order.Status == "placed")
                    .GroupBy((_, order) => order.Category)
                    .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.FromMinutes(1)))
                    .Count(new() { Name = "counts" })
                    .ToStream((window, _) => window.Key)
                    .To("order-counts");
            },
            options =>
            {
                options.BootstrapServers = "localhost:9092";
                options.Streams.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;
            });
        await builder.Build().RunAsync();
    }

    [Fact]
    public void Join()
    {
        var builder = new StreamsBuilder();
        var customers = builder.Table<string, string>("customers");
        builder.Stream<string, string>("visits")
            .LeftJoin(customers, (visit, name) => $"{visit} by {name?.Value ?? "somebody"}")
            .To("named-visits");

        using var driver = new TopologyTestDriver(builder.Build());
        var visits = driver.CreateInputTopic<string, string>("visits");
        var named = driver.CreateOutputTopic<string, string>("named-visits");
        visits.Pipe("a", "home");
        Assert.Equal("home by somebody", named.ReadKeyValue().Value);
    }

    [Fact]
    public void Processor()
    {
        var builder = new StreamsBuilder();
        builder.AddStateStore(new KeyValueStoreBuilder<string, long>("seen"));
        builder.Stream<string, string>("orders")
            .Process(() => new Deduplicate(), new() { StoreNames = ["seen"] })
            .To("first-orders");

        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic<string, string>("orders").Pipe("o1", "a");
        driver.CreateInputTopic<string, string>("orders").Pipe("o1", "b");
        Assert.Equal("a", Assert.Single(driver.CreateOutputTopic<string, string>("first-orders").ReadKeyValues()).Value);
    }

    internal static void Query(StreamsApplication application, long from, long to)
    {
        var counts = application.Stores.Window<string, long>("counts");
        foreach (var (start, count) in counts.Fetch("books", from, to))
        {
            Console.WriteLine($"{start}: {count.Value}");
        }
    }

    internal static void Failures(StreamFlowHostOptions options)
    {
        options.Streams.DeserializationErrors = ErrorResponse.DeadLetter;
        options.Streams.ProcessingErrors = ErrorResponse.DeadLetter;
        options.Streams.DeadLetterTopic = "letters";
    }

    public sealed class Deduplicate : ContextualProcessor<string, string, string, string>
    {
        private IKeyValueStore<string, long> _seen = null!;

        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            _seen = context.GetStateStore<IKeyValueStore<string, long>>("seen");
        }

        public override void Process(Record<string, string> record)
        {
            if (_seen.PutIfAbsent(record.Key, record.Timestamp, record.Timestamp))
            {
                Context.Forward(record);
            }
        }
    }

    private sealed record Order(string Category, string Status);
}
