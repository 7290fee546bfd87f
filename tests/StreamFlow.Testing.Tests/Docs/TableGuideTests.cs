using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippets of docs/guide/tables.md and docs/guide/table-joins.md, compiled and run.</summary>
public sealed class TableGuideTests
{
    [Fact]
    public void Views_with_a_store()
    {
        var builder = new StreamsBuilder();

        var counts = builder.Stream<string, string>("words").GroupByKey().Count(new() { Name = "counts" });

        KTable<string, long> frequent = counts.Filter((word, count) => count >= 2, new() { Name = "frequent" });
        KTable<string, string> shown = frequent.MapValues((word, count) => $"{word}: {count}");

        frequent.ToStream().To("frequent-words");
        shown.ToStream().To("shown-words");

        using var driver = new TopologyTestDriver(builder.Build());
        var words = driver.CreateInputTopic("words", Serdes.String, Serdes.String);
        words.Pipe("a", "x");
        words.Pipe("a", "x");
        Assert.Equal(["a: 2"], Values(driver, "shown-words"));
        Assert.Equal(("frequent", null), (frequent.QueryableStoreName, shown.QueryableStoreName));
        Assert.Equal([2L], driver.CreateOutputTopic("frequent-words", Serdes.String, Serdes.Int64).ReadKeyValues().Select(r => r.Value));
    }

    [Fact]
    public void Rows_with_a_history()
    {
        var builder = new StreamsBuilder();

        var prices = builder.Table<string, long>("prices", materialized: new() { Name = "prices", History = TimeSpan.FromHours(1) });

        prices.GroupBy((_, price) => ("all", price)).Reduce((sum, price) => sum + price, (sum, price) => sum - price)
            .ToStream().To("sum");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("prices", Serdes.String, Serdes.Int64);
        input.Pipe("a", 10, 100);
        input.Pipe("a", 7, 50);
        input.Pipe("a", 12, 150);
        Assert.Equal([10, 12], driver.CreateOutputTopic("sum", Serdes.String, Serdes.Int64).ReadKeyValues().Select(r => r.Value));
    }

    [Fact]
    public void Grouping_the_rows_of_a_table()
    {
        var builder = new StreamsBuilder();

        var customers = builder.Table<string, string>("country-by-customer");

        customers
            .GroupBy((customer, country) => (country, customer))
            .Count(new() { Name = "customers-per-country" })
            .ToStream()
            .To("customers-per-country");

        builder.Table<string, long>("balances")
            .GroupBy((account, balance) => (account[..2], balance))
            .Reduce((sum, balance) => sum + balance, (sum, balance) => sum - balance)
            .ToStream()
            .To("balance-per-bank");

        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("country-by-customer", Serdes.String, Serdes.String);
        input.Pipe("alice", "FR");
        input.Pipe("bob", "FR");
        input.Pipe("alice", "DE");
        Assert.Equal(
            [("FR", 1L), ("FR", 2L), ("FR", 1L), ("DE", 1L)],
            driver.CreateOutputTopic("customers-per-country", Serdes.String, Serdes.Int64).ReadKeyValues().Select(r => (r.Key, r.Value)));
        var balances = driver.CreateInputTopic("balances", Serdes.String, Serdes.Int64);
        balances.Pipe("aa1", 5);
        balances.Pipe("aa2", 7);
        balances.PipeTombstone("aa1");
        Assert.Equal(
            [5L, 12, 7], driver.CreateOutputTopic("balance-per-bank", Serdes.String, Serdes.Int64).ReadKeyValues().Select(r => r.Value));
    }

    [Fact]
    public void Joins_by_key()
    {
        var builder = new StreamsBuilder();

        var customers = builder.Table<string, string>("customers");
        var balances = builder.Table<string, long>("balances");

        customers.Join(balances, (customer, balance) => $"{customer} has {balance}").ToStream().To("both");
        customers.LeftJoin(balances, (customer, balance) => $"{customer} has {balance?.Value ?? 0}").ToStream().To("all-customers");
        customers.OuterJoin(balances, (customer, balance) => $"{customer?.Value ?? "somebody"} has {balance?.Value ?? 0}")
            .ToStream().To("all");

        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic("balances", Serdes.String, Serdes.Int64).Pipe("b", 7);
        driver.CreateInputTopic("customers", Serdes.String, Serdes.String).Pipe("a", "Alice");
        driver.CreateInputTopic("customers", Serdes.String, Serdes.String).Pipe("b", "Bob");
        Assert.Equal(["Bob has 7"], Values(driver, "both"));
        Assert.Equal(["Alice has 0", "Bob has 7"], Values(driver, "all-customers"));
        Assert.Equal(["somebody has 7", "Alice has 0", "Bob has 7"], Values(driver, "all"));
    }

    [Fact]
    public void Joins_by_foreign_key()
    {
        var builder = new StreamsBuilder();

        var orders = builder.Table<string, string>("customer-by-order");
        var names = builder.Table<string, string>("name-by-customer");

        orders
            .LeftJoin(
                names,
                (order, customer) => customer == "" ? null : customer,
                (customer, name) => name?.Value ?? "somebody unknown",
                new() { Name = "order-names", Materialized = new() { Name = "names-of-orders" } })
            .ToStream()
            .To("name-by-order");

        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic("customer-by-order", Serdes.String, Serdes.String).Pipe("o1", "c1");
        driver.CreateInputTopic("name-by-customer", Serdes.String, Serdes.String).Pipe("c1", "Alice");
        driver.CreateInputTopic("customer-by-order", Serdes.String, Serdes.String).Pipe("o2", "");
        Assert.Equal(["somebody unknown", "Alice", "somebody unknown"], Values(driver, "name-by-order"));
    }

    private static IEnumerable<string> Values(TopologyTestDriver driver, string topic) =>
        driver.CreateOutputTopic(topic, Serdes.String, Serdes.String).ReadKeyValues().Select(pair => pair.Value);

    [Fact]
    public void Rows_made_with_state()
    {
        var builder = new StreamsBuilder();
        builder.AddStateStore(new KeyValueStoreBuilder<string, long>("before"));
        builder.Stream<string, string>("words").GroupByKey().Count(new() { Name = "counts" })
            .TransformValues(() => new Growth(), new() { StoreNames = ["before"] }).ToStream().To("growth");

        using var driver = new TopologyTestDriver(builder.Build());
        var words = driver.CreateInputTopic("words", Serdes.String, Serdes.String);
        words.Pipe("a", "x");
        words.Pipe("a", "x");

        Assert.Equal(["+1", "+1"], driver.CreateOutputTopic("growth", Serdes.String, Serdes.String).ReadKeyValues().Select(p => p.Value));
    }

    private sealed class Growth : IValueTransformer<string, long, string>
    {
        private IKeyValueStore<string, long> _before = null!;

        public void Init(ProcessingContext context) => _before = context.GetStateStore<IKeyValueStore<string, long>>("before");

        public string? Transform(string word, ValueAndTimestamp<long>? count)
        {
            var before = _before.TryGet(word, out var found) ? found : 0;
            _before.Put(word, count?.Value ?? 0, count?.Timestamp ?? 0);
            return count is { } now ? $"+{now.Value - before}" : null;
        }
    }
}
