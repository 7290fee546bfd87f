namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>A topology with nodes of every kind.</summary>
internal static class Shop
{
    /// <param name="topology">The topology.</param>
    /// <param name="fails">Which values an operator fails at.</param>
    public static void Describe(StreamsBuilder topology, Func<string, bool> fails)
    {
        var payments = topology.Stream<string, string>("payments");
        var customers = topology.Table<string, string>("customers", new() { Name = "customers-store" });
        var regions = topology.Table<string, string>("regions");
        var countries = topology.GlobalTable<string, string>("countries");
        var orders = topology.Stream<string, string>("orders")
            .Filter((_, value) => value.Length > 0)
            .Peek((_, value) => ThrowIf(fails(value)));

        var joined = orders
            .Join(payments, (order, payment) => order + payment, JoinWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero))
            .LeftJoin(customers, (value, customer) => value + customer)
            .Join(countries, (key, _) => key, (value, country) => value + country);
        joined.Merge(payments).FlatMapValues(value => new[] { value, value }).To("out");

        orders.MapValues(value => value == "big" ? new string('x', 5000) : value).To("small");
        orders.GroupByKey().Count(new() { Name = "by-key" });
        orders.SelectKey((_, category) => category).GroupByKey(new() { Name = "by-category" })
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1))).Count(new() { Name = "windows" });
        orders.GroupByKey().WindowedBy(SessionWindows.Of(TimeSpan.FromSeconds(5), TimeSpan.Zero)).Count(new() { Name = "sessions" });

        customers.Join(regions, (customer, region) => customer + region)
            .Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMinutes(10), new() { MaxRecords = 10 }))
            .ToStream().To("out");
        customers.Join(regions, (key, _) => key, (customer, region) => customer + region).ToStream().To("out");
    }

    private static void ThrowIf(bool fails)
    {
        if (fails)
        {
            throw new InvalidOperationException("poison");
        }
    }
}
