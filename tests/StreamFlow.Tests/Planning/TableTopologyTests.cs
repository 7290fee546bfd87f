using StreamFlow.State;
using StreamFlow.Tests.Conformance;

namespace StreamFlow.Tests.Planning;

/// <summary>Views, joins and groupings of tables against what Kafka Streams 4.3.1 printed for the same topologies.</summary>
public sealed class TableTopologyTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("TableTopologies.recorded.txt", "=== ");

    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["table filter materialized"] = b => Out(T(b, "t").Filter((_, _) => true, new() { Name = "f" })),
        ["table filter unnamed materialized"] = b => Out(T(b, "t").Filter((_, _) => true, new() { CachingEnabled = false })),
        ["table filter named and materialized"] = b =>
            Out(T(b, "t").FilterNot((_, _) => true, new() { ProcessorName = "n", Name = "f" })),
        ["table mapValues materialized"] = b => Out(T(b, "t").MapValues(v => v, new() { Name = "m" })),
        ["table mapValues unnamed materialized"] = b => Out(T(b, "t").MapValues(v => v, new() { CachingEnabled = false })),
        ["table mapValues named"] = b => Out(T(b, "t").MapValues(v => v, new() { ProcessorName = "n" })),
        ["table join inner"] = b => Out(T(b, "l").Join(T(b, "r"), Both)),
        ["table join inner of views"] = b => Out(Filtered(b).Join(T(b, "r").MapValues(v => v), Both)),
        ["table join left"] = b => Out(T(b, "l").LeftJoin(T(b, "r"), Left)),
        ["table join left of views"] = b => Out(Filtered(b).LeftJoin(T(b, "r").MapValues(v => v), Left)),
        ["table join outer"] = b => Out(T(b, "l").OuterJoin(T(b, "r"), (l, r) => l?.Value + r?.Value)),
        ["table join outer of views"] = b =>
            Out(Filtered(b).OuterJoin(T(b, "r").MapValues(v => v), (l, r) => l?.Value + r?.Value)),
        ["table join named"] = b => Out(T(b, "l").Join(T(b, "r"), Both, new() { ProcessorName = "j" })),
        ["table join materialized"] = b => Out(T(b, "l").LeftJoin(T(b, "r"), Left, new() { Name = "m" })),
        ["table join unnamed materialized"] = b => Out(T(b, "l").Join(T(b, "r"), Both, new() { CachingEnabled = false })),
        ["table join named and materialized"] = b => Out(T(b, "l")
            .OuterJoin(T(b, "r"), (l, r) => l?.Value + r?.Value, new() { ProcessorName = "j", Name = "m" })),
        ["table join with itself"] = b =>
        {
            var table = T(b, "l");
            Out(table.Join(table, Both));
        },
        ["table join chained"] = b =>
        {
            var (left, right) = (T(b, "l"), T(b, "r"));
            Out(left.Join(right, Both).Join(right, Both));
        },
        ["table join and stream join"] = b =>
        {
            var joined = T(b, "l").LeftJoin(T(b, "r"), Left);
            b.Stream<string, string>("s").Join(joined, Both).To("out");
        },
        ["table join with aggregate"] = b =>
            Out(T(b, "l").Join(b.Stream<string, string>("s").GroupByKey().Count(), (l, count) => $"{l}{count}")),
        ["table groupBy count"] = b => Out(Grouped(b).Count()),
        ["table groupBy count unnamed materialized"] = b => Out(Grouped(b).Count(new() { CachingEnabled = false })),
        ["table groupBy count named"] = b => Out(Grouped(b, "g").Count(new() { ProcessorName = "c", Name = "s" })),
        ["table groupBy reduce"] = b => Out(Grouped(b).Reduce((x, _) => x, (_, y) => y)),
        ["table groupBy aggregate"] = b => Out(Grouped(b).Aggregate(() => "", Third, Third, new() { Name = "a" })),
        ["table groupBy aggregate without store name"] = b => Out(Grouped(b).Aggregate(() => "", Third, Third)),
        ["table two aggregations of one unnamed group"] = b => Twice(Grouped(b)),
        ["table two aggregations of one named group"] = b => Twice(Grouped(b, "g")),
        ["table groupBy behind filter of a count"] = b => Out(b.Stream<string, string>("s").GroupByKey().Count()
            .Filter((_, count) => count > 1).GroupBy((_, count) => ($"{count}", count)).Count()),
    };

    static TableTopologyTests()
    {
        foreach (var left in new[] { false, true })
        {
            var join = "foreign-key join " + (left ? "left" : "inner");
            Topologies.Add(join, b => Out(ByForeignKey(b, left, null)));
            Topologies.Add(join + " named", b => Out(ByForeignKey(b, left, new() { Name = "fk" })));
            Topologies.Add(join + " materialized", b => Out(ByForeignKey(b, left, new() { Materialized = new() { Name = "res" } })));
            Topologies.Add(
                join + " named and materialized",
                b => Out(ByForeignKey(b, left, new() { Name = "fk", Materialized = new() { Name = "res" } })));
        }

        Topologies.Add("foreign-key join joined again", b => Out(ByForeignKey(b, left: false, null).Join(T(b, "x"), Both)));
        Topologies.Add("foreign-key join twice", b => Out(ByForeignKey(b, left: false, null).Join(T(b, "x"), Foreign, Both)));
        Topologies.Add("foreign-key join of views", b => Out(Filtered(b).Join(T(b, "r").MapValues(v => v), Foreign, Both)));
        Topologies.Add("foreign-key join with itself", b =>
        {
            var table = T(b, "l");
            Out(table.LeftJoin(table, Foreign, Left));
        });
        Topologies.Add(
            "foreign-key join grouped",
            b => Out(ByForeignKey(b, left: false, null).GroupBy((_, v) => (v, v)).Count()));
    }

    public static TheoryData<string> Names => [.. Expected.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Description_is_that_of_Kafka_Streams(string name)
    {
        var builder = new StreamsBuilder();
        Topologies[name](builder);

        var actual = builder.Build().Describe();

        Assert.Equal(Normalize(Expected[name]), Normalize(actual.TrimEnd('\n').Split('\n')));
    }

    [Fact]
    public void Every_topology_has_a_recording() => Assert.Equal(Expected.Keys.Order(), Topologies.Keys.Order());

    // The stores of a node come out of a hash table too.
    private static string Normalize(IEnumerable<string> lines) => TopologyDescriberTests.Normalize(lines.Select(line =>
    {
        var start = line.IndexOf("(stores: [", StringComparison.Ordinal);
        return start < 0 ? line
            : line[..start] + string.Join(", ", line[(start + "(stores: [".Length)..^2].Split(", ").Order(StringComparer.Ordinal));
    }));

    private static void Twice(KGroupedTable<string, string> group)
    {
        group.Count().ToStream().To("o1");
        group.Reduce((x, _) => x, (_, y) => y).ToStream().To("o2");
    }

    private static void Out<TKey, TValue>(KTable<TKey, TValue> table) => table.ToStream().To("out");

    private static KTable<string, string> T(StreamsBuilder builder, string topic) => builder.Table<string, string>(topic);

    private static KTable<string, string> Filtered(StreamsBuilder builder) => T(builder, "l").Filter((_, _) => true);

    private static KGroupedTable<string, string> Grouped(StreamsBuilder builder, string? name = null) =>
        T(builder, "t").GroupBy((_, v) => (v, v), new() { Name = name });

    private static KTable<string, string> ByForeignKey(
        StreamsBuilder builder, bool left, TableJoined<string, string, string>? joined)
    {
        var (table, other) = (T(builder, "l"), T(builder, "r"));
        return left ? table.LeftJoin(other, Foreign, Left, joined) : table.Join(other, Foreign, Both, joined);
    }

    private static string? Foreign(string key, string value) => value;

    private static string Both(string left, string right) => left + right;

    private static string Left(string left, ValueAndTimestamp<string>? right) => left + right?.Value;

    private static string Third(string key, string value, string aggregate) => aggregate;
}
