using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippets of docs/guide/processors.md and docs/guide/stateless.md, compiled and run.</summary>
public sealed partial class ProcessorGuideTests
{
    private static readonly ISerde<Order> Orders = new JsonSerde<Order>(ProcessorJsonContext.Default.Order);

    [Fact]
    public void Processor_with_a_store()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(Orders);
        builder.AddStateStore(new KeyValueStoreBuilder<string, long>("seen"));

        builder.Stream<string, Order>("orders")
            .Process(() => new Deduplicate(), new() { StoreNames = ["seen"] })
            .To("first-orders");

        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("orders", Serdes.String, Orders, start: 0, autoAdvance: TimeSpan.FromHours(20));
        foreach (var id in new[] { "a", "a", "b", "a" })
        {
            input.Pipe(id, new Order(id, 1));
        }

        Assert.Equal(
            ["a", "b", "a"],
            driver.CreateOutputTopic("first-orders", Serdes.String, Orders).ReadKeyValues().Select(pair => pair.Key));
    }

    [Fact]
    public void Topology_put_together()
    {
        var topology = new Topology()
            .AddSource<string, string>("orders-source", "orders")
            .AddProcessor("upper", () => new Upper(), "orders-source")
            .AddStateStore(new KeyValueStoreBuilder<string, long>("counts"), "upper")
            .AddSink<string, string>("upper-sink", "upper-orders", "upper");

        using var driver = new TopologyTestDriver(topology);
        driver.CreateInputTopic("orders", Serdes.String, Serdes.String).Pipe("k", "v");
        Assert.Equal("V", driver.CreateOutputTopic("upper-orders", Serdes.String, Serdes.String).ReadKeyValue().Value);
    }

    [Fact]
    public void Stateless_operators()
    {
        var log = new StringWriter();
        var builder = new StreamsBuilder();
        builder.Serdes.Add(Orders).Add(new JsonSerde<Price>(ProcessorJsonContext.Default.Price));
        var orders = builder.Stream<string, Order>("orders");
        var prices = builder.Stream<string, Price>("prices");

        var branches = orders.Split("orders-")
            .Branch((id, order) => order.Amount > 1000, new() { Name = "big" })
            .Branch((id, order) => order.Amount < 0, new() { Name = "refunds", Consumer = refunds => refunds.To("refunds") })
            .DefaultBranch(new() { Name = "others" });

        branches["orders-big"].To("big-orders");
        branches["orders-others"].MapValues(order => order.Amount).To("amounts");

        var latest = prices
            .SelectKey((id, price) => price.Symbol)
            .ToTable(new() { Name = "latest-prices" });

        orders.To("all-orders", new()
        {
            Partitioner = (topic, order, count) => order.Value.Amount switch
            {
                0 => Partitions.None,
                > 1000 => Partitions.All,
                < 0 => Partitions.Of(0, count - 1),
                > 100 => 0,
                _ => Partitions.Default,
            },
        });

        orders.Print(new() { Writer = log, Label = "orders" });

        latest.ToStream().To("prices-by-symbol");
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { Partitions = new Dictionary<string, int> { ["all-orders"] = 3 } });
        var input = driver.CreateInputTopic("orders", Serdes.String, Orders);
        foreach (var amount in new[] { 2000, -1, 5, 0 })
        {
            input.Pipe("k", new Order("k", amount));
        }

        driver.CreateInputTopic("prices", Serdes.String, new JsonSerde<Price>(ProcessorJsonContext.Default.Price)).Pipe("p", new Price("X", 1));
        Assert.Equal(2000, Assert.Single(driver.CreateOutputTopic("big-orders", Serdes.String, Orders).ReadKeyValues()).Value.Amount);
        Assert.Equal(-1, Assert.Single(driver.CreateOutputTopic("refunds", Serdes.String, Orders).ReadKeyValues()).Value.Amount);
        Assert.Equal(
            [5L, 0L], driver.CreateOutputTopic("amounts", Serdes.String, Serdes.Int64).ReadKeyValues().Select(pair => pair.Value));
        Assert.Equal(6, driver.CreateOutputTopic("all-orders", Serdes.String, Orders).ReadAll().Count);
        Assert.StartsWith("[orders]: k, Order", log.ToString(), StringComparison.Ordinal);
        Assert.Equal("X", driver.CreateOutputTopic(
            "prices-by-symbol", Serdes.String, new JsonSerde<Price>(ProcessorJsonContext.Default.Price)).ReadKeyValue().Key);
    }

    [Fact]
    public void Calls_of_processors_with_stores_are_counted()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Filter((_, _) => true).GroupByKey().Count(new() { Name = "counts", ProcessorName = "count" });
        var calls = new ConcurrentDictionary<string, int>();

        using var driver = new TopologyTestDriver(builder.Build(new() { ProcessorWrapper = new CountCalls(calls) }));
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v");

        Assert.Equal(KeyValuePair.Create("count", 1), Assert.Single(calls));
    }

    private sealed record Order(string Id, long Amount);

    private sealed record Price(string Symbol, long Amount);

    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(Price))]
    private sealed partial class ProcessorJsonContext : JsonSerializerContext;

    private sealed class Upper : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) =>
            Context.Forward(record.WithValue(record.Value.ToUpperInvariant()));
    }

    private sealed class Deduplicate : ContextualProcessor<string, Order, string, Order>
    {
        private IKeyValueStore<string, long> _seen = null!;

        public override void Init(ProcessorContext<string, Order> context)
        {
            base.Init(context);
            _seen = context.GetStateStore<IKeyValueStore<string, long>>("seen");
            context.Schedule(TimeSpan.FromHours(1), PunctuationType.StreamTime, Forget);
        }

        public override void Process(Record<string, Order> record)
        {
            if (_seen.PutIfAbsent(record.Key, record.Timestamp, record.Timestamp))
            {
                Context.Forward(record);
            }
        }

        private void Forget(long now)
        {
            foreach (var (key, row) in _seen.All().ToList())
            {
                if (row.Timestamp < now - (long)TimeSpan.FromDays(1).TotalMilliseconds)
                {
                    _seen.Delete(key, now);
                }
            }
        }
    }

    private sealed class CountCalls(ConcurrentDictionary<string, int> calls) : IProcessorWrapper
    {
        public ProcessorWrapperSupplier<TKey, TValue>? Wrap<TKey, TValue>(WrappedProcessor processor) =>
            processor.StoreNames.Count == 0 ? null : () => new Counter<TKey, TValue>(processor.Name, calls);

        private sealed class Counter<TKey, TValue>(string name, ConcurrentDictionary<string, int> calls) : IRecordWrapper<TKey, TValue>
        {
            public void Process(in Record<TKey, TValue> record, WrappedCall<TKey, TValue> processor)
            {
                calls.AddOrUpdate(name, 1, static (_, count) => count + 1);
                processor.Process(in record);
            }
        }
    }
}
