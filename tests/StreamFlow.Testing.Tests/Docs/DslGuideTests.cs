using System.Buffers;
using System.Text.Json.Serialization;
using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippets of docs/guide/dsl.md and of the comments on operators, compiled and run.</summary>
public sealed partial class DslGuideTests
{
    private static readonly DateTimeOffset Start = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Describing_a_topology()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new JsonSerde<Order>(MyJsonContext.Default.Order));

        builder.Stream<string, Order>("orders")
            .Filter((id, order) => order.Amount > 0)
            .GroupBy((id, order) => order.Customer)
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1)))
            .Count(new() { Name = "orders-per-customer" })
            .ToStream()
            .To("orders-per-customer");

        Topology topology = builder.Build();

        using var driver = new TopologyTestDriver(topology, new() { StartTime = Start });
        driver.CreateInputTopic("orders", Serdes.String, new JsonSerde<Order>(MyJsonContext.Default.Order))
            .Pipe("o1", new Order("o1", "alice", 3));
        var window = driver.CreateOutputTopic(
            "orders-per-customer", Serdes.Windowed(Serdes.String, TimeSpan.FromMinutes(5)), Serdes.Int64).ReadKeyValue();
        Assert.Equal(("alice", Start, 1), (window.Key.Key, window.Key.Window.StartTime, window.Value));
    }

    [Fact]
    public void Tables_and_joins()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new JsonSerde<Order>(MyJsonContext.Default.Order))
            .Add(new JsonSerde<Customer>(MyJsonContext.Default.Customer));
        var customers = builder.Table<string, Customer>("customers");

        builder.Stream<string, Order>("orders")
            .SelectKey((id, order) => order.Customer)
            .LeftJoin(customers, (order, customer) => $"{order.Id} of {customer?.Value.Name ?? "somebody unknown"}")
            .To("named-orders");

        using var driver = new TopologyTestDriver(builder.Build());
        var orders = driver.CreateInputTopic("orders", Serdes.String, new JsonSerde<Order>(MyJsonContext.Default.Order));
        orders.Pipe("o1", new Order("o1", "a", 3));
        driver.CreateInputTopic("customers", Serdes.String, new JsonSerde<Customer>(MyJsonContext.Default.Customer))
            .Pipe("a", new Customer("Alice", "FR"));
        orders.Pipe("o2", new Order("o2", "a", 3));
        Assert.Equal(
            ["o1 of somebody unknown", "o2 of Alice"],
            driver.CreateOutputTopic("named-orders", Serdes.String, Serdes.String).ReadKeyValues().Select(pair => pair.Value));
    }

    [Fact]
    public void Missing_keys_and_values()
    {
        var builder = new StreamsBuilder();
        var clicks = builder.Stream<string, string>("clicks");
        var minutes = TumblingWindows.Of(TimeSpan.FromMinutes(1), TimeSpan.Zero);
        var log = new List<string>();

        var few = clicks.GroupByKey().WindowedBy(minutes).Count().Filter((_, count) => count < 10);

        few.ToStream(record => record.Key.Key)                        // deletions included
            .MapValues(count => $"{count} clicks")                    // a deletion stays a deletion
            .Peek(record => log.Add(record.HasValue ? "updated" : "deleted"))
            .To("rare-visitors");

        using var driver = new TopologyTestDriver(builder.Build(), new() { StartTime = Start });
        var input = driver.CreateInputTopic("clicks", Serdes.String, Serdes.String);
        for (var i = 0; i < 10; i++)
        {
            input.Pipe("alice", "home");
        }

        Assert.Empty(driver.CreateOutputTopic("rare-visitors", Serdes.String, Serdes.String).ReadTable());
        Assert.Equal([.. Enumerable.Repeat("updated", 9), "deleted"], log);
    }

    [Fact]
    public void Serde_that_registers_schemas()
    {
        var registry = new ListRegistry();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey()
            .Reduce((a, b) => a + b, new() { Name = "s", ValueSerde = new RegisteredSerde<string>(registry, Serdes.String) })
            .ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build());

        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v");

        var record = driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadRecord();
        Assert.Equal(["test-driver-s-changelog-value", "out-value"], registry.Subjects.Distinct());
        Assert.Equal("schema-id", Assert.Single(record.Headers!).Key);
    }

    [Fact]
    public void Optimized_topologies()
    {
        var builder = new StreamsBuilder();
        var rekeyed = builder.Stream<string, string>("in").SelectKey((_, v) => v);
        rekeyed.GroupByKey().Count();
        rekeyed.GroupByKey().Reduce((a, _) => a);

        var topology = builder.Build(new TopologyOptions { Optimization = TopologyOptimization.All });

        Assert.Single(topology.Describe().Split('\n'), line => line.Contains("-repartition)", StringComparison.Ordinal)
            && line.Contains("Sink:", StringComparison.Ordinal));
    }

    [Fact]
    public void Comments_on_operators()
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        builder.Serdes.Add(new JsonSerde<Order>(MyJsonContext.Default.Order))
            .Add(new JsonSerde<Customer>(MyJsonContext.Default.Customer));
        var orders = builder.Stream<string, Order>("orders");
        var amounts = builder.Stream<string, long>("amounts");
        var customers = builder.Table<string, Customer>("customers");
        var counts = amounts.GroupByKey().Count();
        var countsPerHour = amounts.GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromHours(1), TimeSpan.Zero)).Count();
        var (deletions, shown) = (new List<int>(), new Dictionary<string, long>());

        amounts.Filter(record => record.HasValue);
        amounts.Peek(record => deletions.Add(record.HasValue ? 0 : 1));
        amounts.FlatMap(record => new[] { record, record.WithKey("all") }).To("flat");
        countsPerHour.ToStream().Map(record => record.WithKey(record.Key.Key)).To("mapped");
        countsPerHour.ToStream().SelectKey(record => record.Key.Key).To("selected");
        countsPerHour.ToStream().GroupBy(record => record.Key.Key).Count();
        countsPerHour.ToStream(record => record.Key.Key).To("latest-counts");
        customers.ToStream((id, customer) => customer?.Country).To("by-country");
        orders.LeftJoin(customers, (order, customer) => $"{order.Id} {customer?.Value.Name ?? "unknown"}").To("named");
        orders.LeftJoin(counts, (order, seen) => order with { Amount = seen?.Value > 0 ? 1 : 0 }).To("seen");
        orders.LeftJoin(counts, (id, order, limit) => limit is { } row ? row.Value >= order.Amount : true).To("allowed");
        counts.ToStream().ForEach(record =>
        {
            if (record.HasValue)
            {
                shown[record.Key] = record.Value;
            }
            else
            {
                shown.Remove(record.Key);
            }
        });
        using var driver = new TopologyTestDriver(builder.Build(), new() { StartTime = Start });
        var input = driver.CreateInputTopic("amounts", Serdes.String, Serdes.Int64);

        input.Pipe("k", 5);
        input.PipeTombstone("k");

        Assert.Equal([0, 1], deletions);
        Assert.Equal(1, shown["k"]);
        var flat = driver.CreateOutputTopic("flat", Serdes.String, Serdes.Int64).ReadAll();
        Assert.Equal([("k", true), ("all", true), ("k", false), ("all", false)], flat.Select(r => (r.Key, r.HasValue)));
        Assert.All(
            new[] { "mapped", "selected", "latest-counts" },
            topic => Assert.Equal("k", driver.CreateOutputTopic(topic, Serdes.String, Serdes.Int64).ReadRecord().Key));
    }

    private sealed record Order(string Id, string Customer, long Amount);

    private sealed record Customer(string Name, string Country);

    [JsonSerializable(typeof(Order))]
    [JsonSerializable(typeof(Customer))]
    private sealed partial class MyJsonContext : JsonSerializerContext;

    private interface ISchemaRegistry
    {
        byte[] IdOf(string subject, Type type);
    }

    private sealed class ListRegistry : ISchemaRegistry
    {
        public List<string> Subjects { get; } = [];

        public byte[] IdOf(string subject, Type type)
        {
            Subjects.Add(subject);
            return [1];
        }
    }

    private sealed class RegisteredSerde<T>(ISchemaRegistry registry, ISerde<T> inner, SerdeContext? context = null) : ISerde<T>
    {
        public ISerde<T> For(SerdeContext context) => new RegisteredSerde<T>(registry, inner, context);

        public void Serialize(T value, IBufferWriter<byte> writer)
        {
            var id = registry.IdOf(Subject, typeof(T));
            if (context!.HasHeaders)
            {
                context.AddHeader("schema-id", id);
            }

            inner.Serialize(value, writer);
        }

        public T Deserialize(ReadOnlySpan<byte> data) => inner.Deserialize(data);

        private string Subject => context!.Topic + (context.IsKey ? "-key" : "-value");
    }
}
