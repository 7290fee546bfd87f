using StreamFlow.State;
using StreamFlow.Tests.Conformance;

namespace StreamFlow.Tests.Planning;

/// <summary>
/// Names, numbers and structure against what Kafka Streams 4.3.1 printed for the same topologies. Only the order of
/// neighbours in a line is not compared: there it depends on the state of a hash table.
/// </summary>
public sealed class TopologyDescriberTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("Topologies.recorded.txt", "=== ");

    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["stateless chain"] = b => In(b).Filter((k, v) => true).FilterNot((k, v) => false).Map((k, v) => (k, v))
            .MapValues(v => v).FlatMap((k, v) => new[] { (k, v) }).FlatMapValues(v => new[] { v })
            .SelectKey((k, v) => k).Peek((k, v) => { }).To("out"),
        ["named chain"] = b => b.Stream<string, string>("in", new() { Name = "src" }).Filter((k, v) => true, "f")
            .MapValues(v => v, "m").SelectKey((k, v) => k).To("out", new() { Name = "snk" }),
        ["foreach and fan out"] = b =>
        {
            var s = In(b);
            s.ForEach((k, v) => { });
            s.MapValues(v => v).To("o1");
            s.Filter((k, v) => true).MapValues(v => v).To("o2");
            s.To("o3");
        },
        ["merge two topics"] = b => In(b).Merge(b.Stream<string, string>("in2")).To("out"),
        ["merge diamond"] = b =>
        {
            var s = In(b);
            s.MapValues(v => v).Merge(s.Filter((k, v) => true).MapValues(v => v)).To("out");
        },
        ["same topic twice"] = b =>
        {
            In(b).To("o1");
            b.Stream<string, string>("x").To("o2");
            In(b).MapValues(v => v).To("o3");
        },
        ["two sources apart"] = b =>
        {
            In(b).To("o1");
            b.Stream<string, string>("x").To("o2");
        },
        ["count after groupByKey"] = b => In(b).GroupByKey().Count().ToStream().To("out"),
        ["count after selectKey"] = b => In(b).SelectKey((k, v) => v).GroupByKey().Count().ToStream().To("out"),
        ["count after groupBy"] = b => In(b).GroupBy((k, v) => v).Count().ToStream().To("out"),
        ["count after named groupBy"] = b =>
            In(b).GroupBy((k, v) => v, new() { Name = "g" }).Count().ToStream().To("out"),
        ["count with named store"] = b => In(b).GroupByKey().Count(new() { Name = "s" }).ToStream().To("out"),
        ["count with unnamed materialized"] = b => In(b).GroupByKey().Count(new()).ToStream().To("out"),
        ["count with processor and store name"] = b => In(b).SelectKey((k, v) => v).GroupByKey()
            .Count(new() { ProcessorName = "counter", Name = "s" }).ToStream("ts").To("out"),
        ["reduce"] = b => In(b).GroupByKey().Reduce((x, y) => y).ToStream().To("out"),
        ["reduce with unnamed materialized"] = b =>
            In(b).GroupByKey().Reduce((x, y) => y, new()).ToStream().To("out"),
        ["aggregate"] = b => In(b).GroupByKey().Aggregate(() => "", (k, v, g) => g).ToStream().To("out"),
        ["aggregate after repartition with named store"] = b => In(b).GroupBy((k, v) => v)
            .Aggregate(() => "", (k, v, g) => g, new() { Name = "s" }).ToStream().To("out"),
        ["windowed count"] = b => In(b).GroupByKey().WindowedBy(Tumbling(10, 0)).Count().ToStream().To("out"),
        ["windowed count unnamed materialized"] = b =>
            In(b).GroupByKey().WindowedBy(Tumbling(10, 0)).Count(new()).ToStream().To("out"),
        ["windowed count after map"] = b => In(b).Map((k, v) => (v, k)).GroupByKey().WindowedBy(Tumbling(10, 5))
            .Count().ToStream().Map((k, v) => (k.Key, $"{v}")).To("out"),
        ["windowed reduce and aggregate"] = b =>
        {
            var w = In(b).GroupBy((k, v) => v).WindowedBy(Tumbling(10, 0));
            w.Reduce((x, y) => y).ToStream().To("o1");
            w.Aggregate(() => "", (k, v, g) => g).ToStream().To("o2");
        },
        ["two aggregations of one unnamed group"] = b => Twice(In(b).SelectKey((k, v) => v).GroupByKey()),
        ["two aggregations of one named group"] = b =>
            Twice(In(b).SelectKey((k, v) => v).GroupByKey(new() { Name = "g" })),
        ["two aggregations without repartition"] = b => Twice(In(b).GroupByKey()),
        ["repartition"] = b => In(b).Repartition().To("out"),
        ["repartition named"] = b =>
            In(b).Repartition(new() { Name = "r", PartitionCount = 3 }).MapValues(v => v).To("out"),
        ["repartition then count"] = b => In(b).SelectKey((k, v) => v).Repartition(new() { Name = "a" })
            .GroupByKey().Count().ToStream().To("out"),
        ["sub-topologies by source name"] = b => b.Stream<string, string>("in", new() { Name = "z-source" })
            .Repartition(new() { Name = "b" }).Repartition(new() { Name = "a" }).To("out"),
        ["merge keeps repartition flag"] = b =>
            In(b).Merge(b.Stream<string, string>("in2").SelectKey((k, v) => v)).GroupByKey().Count().ToStream().To("out"),
        ["name ending in repartition"] = b => In(b).Repartition(new() { Name = "x-repartition" }).To("out"),
        ["chained aggregations"] = b => In(b).GroupByKey().Count().ToStream().GroupBy((k, v) => $"{v}")
            .Count(new() { Name = "second" }).ToStream().To("out"),
        ["table filter and mapValues"] = b => In(b).GroupByKey().Count().Filter((k, v) => v > 1)
            .MapValues(v => $"{v}").ToStream().To("out"),
        ["table filter named"] = b => In(b).GroupByKey().WindowedBy(Tumbling(10, 0)).Count()
            .Filter((k, v) => v > 1, new() { ProcessorName = "big" }).ToStream().Map((k, v) => (k.ToString(), $"{v}")).To("out"),
        ["table read"] = b => Table(b).ToStream().To("out"),
        ["table with unnamed materialized"] = b =>
            b.Table<string, string>("t", materialized: new()).ToStream().To("out"),
        ["table with named store"] = b =>
            b.Table<string, string>("t", materialized: new() { Name = "rows" }).ToStream().To("out"),
        ["table and its source named"] = b =>
            b.Table<string, string>("t", new() { Name = "tab" }, new() { Name = "rows" }).ToStream().To("out"),
        ["table filtered"] = b => Table(b).Filter((k, v) => true).MapValues(v => v).ToStream().To("out"),
        ["join"] = b => In(b).Join(Table(b), Both).To("out"),
        ["left join"] = b => In(b).LeftJoin(Table(b), Left).To("out"),
        ["join named"] = b => In(b).Join(Table(b), Both, new() { Name = "j" }).To("out"),
        ["table before stream"] = b =>
        {
            var table = Table(b);
            In(b).Join(table, (k, v, row) => k + v + row).To("out");
        },
        ["join after selectKey"] = b => ByValue(b).Join(Table(b), Both).To("out"),
        ["join after selectKey and mapValues"] = b => ByValue(b).MapValues(v => v).Join(Table(b), Both).To("out"),
        ["join named after selectKey"] = b => ByValue(b).Join(Table(b), Both, new() { Name = "j" }).To("out"),
        ["join after named selectKey"] = b => In(b).SelectKey((k, v) => v, "by-value").Join(Table(b), Both).To("out"),
        ["left join after map"] = b => In(b).Map((k, v) => (v, k)).LeftJoin(Table(b), Left).To("out"),
        ["two joins of one rekeyed stream"] = b =>
        {
            var s = ByValue(b);
            s.Join(Table(b), Both).To("o1");
            s.LeftJoin(b.Table<string, string>("u"), Left).To("o2");
        },
        ["two named joins of one rekeyed stream"] = b => TwoJoins(b, "j1", "j2"),
        ["unnamed and named join of one rekeyed stream"] = b => TwoJoins(b, null, "j2"),
        ["named and unnamed join of one rekeyed stream"] = b => TwoJoins(b, "j1", null),
        ["join chained"] = b => In(b).Join(Table(b), Both).LeftJoin(b.Table<string, string>("u"), Left)
            .GroupByKey().Count().ToStream().To("out"),
        ["join with filtered table"] = b =>
            In(b).Join(Table(b).Filter((k, v) => true).MapValues(v => v), Both).To("out"),
        ["join with count of another topic"] = b =>
            In(b).Join(b.Stream<string, string>("x").GroupByKey().Count(), (v, count) => $"{v}{count}").To("out"),
        ["join with count of the same stream"] = b =>
        {
            var s = In(b);
            s.Join(s.GroupByKey().Count(), (v, count) => $"{v}{count}").To("out");
        },
        ["join of rekeyed stream with repartitioned count"] = b =>
        {
            var s = ByValue(b);
            var counts = b.Stream<string, string>("x").GroupBy((k, v) => v).Count(new() { Name = "c" });
            s.Join(counts, (v, count) => $"{v}{count}").To("out");
        },
        ["join with windowed count"] = b =>
        {
            var counts = In(b).GroupByKey().WindowedBy(Tumbling(10, 0)).Count();
            counts.ToStream().Join(counts, (v, row) => v + row).Map((k, v) => (k.Key, $"{v}")).To("out");
        },
        ["join of merged streams"] = b =>
            In(b).Merge(b.Stream<string, string>("in2").SelectKey((k, v) => v)).LeftJoin(Table(b), Left).To("out"),
    };

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

    private static void Twice(KGroupedStream<string, string> group)
    {
        group.Count().ToStream().To("o1");
        group.Reduce((x, y) => y).ToStream().To("o2");
    }

    private static void TwoJoins(StreamsBuilder builder, string? first, string? second)
    {
        var (stream, table) = (ByValue(builder), Table(builder));
        stream.Join(table, Both, new() { Name = first }).To("o1");
        stream.Join(table, Both, new() { Name = second }).To("o2");
    }

    private static string Both(string value, string row) => value + row;

    private static string Left(string value, ValueAndTimestamp<string>? row) => value + row?.Value;

    private static KTable<string, string> Table(StreamsBuilder builder) => builder.Table<string, string>("t");

    private static KStream<string, string> ByValue(StreamsBuilder builder) => In(builder).SelectKey((k, v) => v);

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static TumblingWindows Tumbling(int size, int grace) =>
        TumblingWindows.Of(TimeSpan.FromMilliseconds(size), TimeSpan.FromMilliseconds(grace));

    internal static string Normalize(IEnumerable<string> lines) =>
        string.Join('\n', lines.Select(SortNeighbours)).TrimEnd('\n');

    private static string SortNeighbours(string line)
    {
        const int prefix = 10;
        return line.StartsWith("      -->", StringComparison.Ordinal) || line.StartsWith("      <--", StringComparison.Ordinal)
            ? line[..prefix] + string.Join(", ", line[prefix..].Split(", ").Order(StringComparer.Ordinal))
            : line;
    }
}
