using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippets of docs/guide/joins.md, compiled and run.</summary>
public sealed class JoinsGuideTests
{
    private const long Minute = 60_000;

    [Fact]
    public void Joins_of_two_streams()
    {
        var builder = new StreamsBuilder();
        var orders = builder.Stream<string, string>("orders");
        var payments = builder.Stream<string, long>("payments");
        var windows = JoinWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1));

        orders.Join(payments, (order, payment) => $"{order} paid {payment}", windows, new() { StoreName = "paid" })
            .To("paid-orders");

        orders.LeftJoin(payments, (order, payment) => payment is { } found ? $"{order} paid {found.Value}" : $"{order} open", windows)
            .To("checked-orders");

        orders.OuterJoin(payments, (order, payment) => $"{order?.Value ?? "nothing"} for {payment?.Value ?? 0}", windows)
            .To("matched");

        using var driver = new TopologyTestDriver(builder.Build());
        var order = driver.CreateInputTopic("orders", Serdes.String, Serdes.String);
        var payment = driver.CreateInputTopic("payments", Serdes.String, Serdes.Int64);
        order.Pipe("1", "tea", Minute);
        payment.Pipe("1", 3, 2 * Minute);
        order.Pipe("2", "milk", 3 * Minute);
        payment.Pipe("3", 5, 4 * Minute);
        order.Pipe("4", "bread", 20 * Minute);
        Assert.Equal(["tea paid 3"], Values(driver, "paid-orders"));
        Assert.Equal(["tea paid 3", "milk open"], Values(driver, "checked-orders"));
        Assert.Equal(["tea for 3", "milk for 0", "nothing for 5"], Values(driver, "matched"));
    }

    [Fact]
    public void Lopsided_windows()
    {
        var builder = new StreamsBuilder();
        var orders = builder.Stream<string, string>("orders");
        var payments = builder.Stream<string, string>("payments");

        // A payment within ten minutes after the order, not before it.
        var windows = JoinWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.Zero) with { Before = TimeSpan.Zero };

        orders.Join(payments, (order, payment) => order + payment, windows).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic("payments", Serdes.String, Serdes.String).Pipe("1", "early", Minute);
        driver.CreateInputTopic("orders", Serdes.String, Serdes.String).Pipe("1", "tea", 2 * Minute);
        driver.CreateInputTopic("payments", Serdes.String, Serdes.String).Pipe("1", "3", 12 * Minute);
        Assert.Equal(["tea3"], Values(driver, "out"));
    }

    [Fact]
    public void A_stream_and_itself()
    {
        var builder = new StreamsBuilder();
        var visits = builder.Stream<string, string>("visits");

        visits.Join(visits, (a, b) => $"{a}>{b}", JoinWindows.Of(TimeSpan.FromMinutes(30), grace: TimeSpan.Zero)).To("pairs");
        var topology = builder.Build(new TopologyOptions { Optimization = TopologyOptimization.SelfJoin });

        using var driver = new TopologyTestDriver(topology);
        var input = driver.CreateInputTopic("visits", Serdes.String, Serdes.String);
        input.Pipe("alice", "home", Minute);
        input.Pipe("alice", "cart", 2 * Minute);
        Assert.Equal(["home>home", "cart>home", "home>cart", "cart>cart"], Values(driver, "pairs"));
        Assert.Single(driver.StateStores);
    }

    private static IEnumerable<string> Values(TopologyTestDriver driver, string topic) =>
        driver.CreateOutputTopic(topic, Serdes.String, Serdes.String).ReadKeyValues().Select(pair => pair.Value);
}
