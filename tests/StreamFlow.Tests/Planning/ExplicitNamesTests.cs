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
        ["outer join"] = b => b.Stream<string, string>("L").OuterJoin(
            b.Stream<string, string>("R"), (l, r) => l?.Value + r?.Value, JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)),
        ["outer join named"] = b => b.Stream<string, string>("L").OuterJoin(
            b.Stream<string, string>("R"), (l, r) => l?.Value + r?.Value, JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero),
            new() { Name = "j", StoreName = "js" }),
        ["FK join"] = b => ForeignKey(b, null),
        ["FK join named"] = b => ForeignKey(b, "fk"),
        ["globalTable"] = b => b.GlobalTable<string, string>("T"),
        ["suppress unnamed"] = b => In(b).GroupByKey().Count(new() { Name = "c" })
            .Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(1))),
        ["selectKey+join, StreamJoined unnamed"] = b => b.Stream<string, string>("L").SelectKey((_, v) => v).Join(
            b.Stream<string, string>("R"), (l, r) => l + r, JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero), new() { StoreName = "js" }),
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
    [InlineData("outer join", "Changelog topics: KSTREAM-OUTERTHIS-0000000004-store-changelog")]
    [InlineData("outer join named", null)]
    [InlineData("FK join", "KTABLE-FK-JOIN")]
    [InlineData("FK join named", null)]
    [InlineData("globalTable", "generated. State stores: T-STATE-STORE-0000000000 (")]
    [InlineData("suppress unnamed", "KTABLE-SUPPRESS-STATE-STORE-0000000003-changelog")]
    [InlineData("selectKey+join, StreamJoined unnamed", "Repartition topics: KSTREAM-KEY-SELECT-0000000001-repartition (")]
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

    private static void ForeignKey(StreamsBuilder builder, string? name) =>
        builder.Table<string, string>("L", materialized: new() { Name = "l" }).Join(
            builder.Table<string, string>("R", materialized: new() { Name = "r" }), (_, v) => v, (x, y) => x + y, new() { Name = name });

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private sealed class Nothing : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
        }
    }
}
