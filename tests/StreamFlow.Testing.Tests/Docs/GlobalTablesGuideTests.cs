using StreamFlow.Serialization;

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
}
