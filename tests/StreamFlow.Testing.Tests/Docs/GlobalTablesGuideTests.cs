using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippet of docs/guide/global-tables.md, compiled and run.</summary>
public sealed class GlobalTablesGuideTests
{
    [Fact]
    public void Rows_are_looked_up_by_any_key()
    {
        var builder = new StreamsBuilder();
        var products = builder.GlobalTable<string, string>("products", materialized: new() { Name = "products" });

        builder.Stream<string, string>("orders")
            .LeftJoin(products, (id, product) => product, (product, row) => row?.Value ?? $"{product}?")
            .To("named-orders");

        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic("products", Serdes.String, Serdes.String).Pipe("p1", "tea");
        var orders = driver.CreateInputTopic("orders", Serdes.String, Serdes.String);
        orders.Pipe("o1", "p1");
        orders.Pipe("o2", "p2");
        Assert.Equal(
            ["tea", "p2?"],
            driver.CreateOutputTopic("named-orders", Serdes.String, Serdes.String).ReadKeyValues().Select(pair => pair.Value));
        Assert.True(driver.GetKeyValueStore<string, string>("products").TryGet("p1", out var name));
        Assert.Equal("tea", name);
    }

    [Fact]
    public void A_store_of_your_own_making()
    {
        var builder = new StreamsBuilder();
        builder.AddGlobalStore(new KeyValueStoreBuilder<string, string>("names"), "products", () => new KeepUpper(), new Consumed<string, string>());

        builder.Stream<string, string>("orders").Process(() => new NameProduct()).To("named-orders");

        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic("products", Serdes.String, Serdes.String).Pipe("p1", "tea");
        driver.CreateInputTopic("orders", Serdes.String, Serdes.String).Pipe("o1", "p1");
        Assert.Equal(
            ["TEA"], driver.CreateOutputTopic("named-orders", Serdes.String, Serdes.String).ReadKeyValues().Select(pair => pair.Value));
    }

    private sealed class KeepUpper : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) => Context
            .GetStateStore<IKeyValueStore<string, string>>("names")
            .Put(record.Key, record.Value.ToUpperInvariant(), record.Timestamp);
    }

    private sealed class NameProduct : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) => Context.Forward(record.WithValue(
            Context.GetStateStore<IReadOnlyKeyValueStore<string, string>>("names").TryGet(record.Value, out var name) ? name : "?"));
    }
}
