namespace StreamFlow.Tests.Planning;

/// <summary>
/// Scenario G04, <c>ensure.explicit.internal.resource.naming</c>; where Kafka Streams asks for names of stores that do not exist, or
/// misses topics, this does not.
/// </summary>
public sealed class ExplicitNamesTests
{
    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["count"] = b => In(b).GroupByKey().Count(),
        ["count named"] = b => In(b).GroupByKey().Count(new() { Name = "c" }),
        ["groupBy+count, store named"] = b => In(b).GroupBy((k, v) => v).Count(new() { Name = "c" }),
        ["repartition()"] = b => In(b).Repartition().To("out"),
        ["unused table"] = b => b.Table<string, string>("T"),
        ["table joined"] = b => In(b).Join(b.Table<string, string>("T"), (x, y) => x + y).To("out"),
        ["logging off"] = b => In(b).GroupByKey().Count(new() { LoggingEnabled = false }),
        ["selectKey+join"] = b => In(b).SelectKey((k, v) => v)
            .Join(b.Table<string, string>("T", materialized: new() { Name = "t" }), (x, y) => x + y).To("out"),
        ["processor with a store"] = b => In(b).Process(
            () => new Nothing(), new() { Stores = [new StreamFlow.State.KeyValueStoreBuilder<string, string>("s")] }),
    };

    [Theory]
    [InlineData("count", "Changelog topics: KSTREAM-AGGREGATE-STATE-STORE-0000000001-changelog (set Materialized.Name). "
        + "State stores: KSTREAM-AGGREGATE-STATE-STORE-0000000001 (set Materialized.Name).")]
    [InlineData("count named", null)]
    [InlineData("groupBy+count, store named", null)]
    [InlineData("repartition()", "Repartition topics: KSTREAM-REPARTITION-0000000001-repartition (set Grouped.Name")]
    [InlineData("unused table", null)]
    [InlineData("table joined", "State stores: T-STATE-STORE-0000000001 (")]
    [InlineData("logging off", "generated. State stores: KSTREAM-AGGREGATE-STATE-STORE-0000000002 (")]
    [InlineData("selectKey+join", "Repartition topics: KSTREAM-KEY-SELECT-0000000001-repartition (")]
    [InlineData("processor with a store", null)]
    public void G04_generated_names_are_listed(string name, string? message)
    {
        var builder = new StreamsBuilder();
        Topologies[name](builder);
        var options = new TopologyOptions { EnsureExplicitNames = true };

        if (message is null)
        {
            Assert.NotNull(builder.Build(options));
        }
        else
        {
            Assert.Contains(
                message, Assert.Throws<TopologyException>(() => builder.Build(options)).Message, StringComparison.Ordinal);
            Assert.NotNull(builder.Build());
        }
    }

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private sealed class Nothing : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
        }
    }
}
