using StreamFlow.Tests.Conformance;

namespace StreamFlow.Tests.Planning;

/// <summary>Descriptions of windowed aggregations against those of Kafka Streams 4.3.1 (<c>WindowedTopologies.java</c>).</summary>
public sealed class WindowedTopologyTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("WindowedTopologies.recorded.txt", "=== ");

    private static readonly SessionWindows SessionsOf10 = SessionWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero);
    private static readonly SlidingWindows Sliding = SlidingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero);
    private static readonly TumblingWindows Tumbling = TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero);

    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["session count"] = b => Out(Group(b).WindowedBy(SessionsOf10).Count()),
        ["session count named store"] = b => Out(Group(b).WindowedBy(SessionsOf10).Count(new() { Name = "s" })),
        ["session count unnamed options"] = b => Out(Group(b).WindowedBy(SessionsOf10).Count(new())),
        ["session reduce"] = b => Out(Group(b).WindowedBy(SessionsOf10).Reduce((x, y) => x + y)),
        ["session aggregate repartitioned"] = b => Out(Rekeyed(b).WindowedBy(SessionsOf10)
            .Aggregate(() => "", Add, (_, x, y) => x + y)),
        ["sliding count"] = b => Out(Group(b).WindowedBy(Sliding).Count()),
        ["sliding count unnamed options"] = b => Out(Group(b).WindowedBy(Sliding).Count(new())),
        ["sliding reduce"] = b => Out(Group(b).WindowedBy(Sliding).Reduce((x, y) => x + y)),
        ["sliding aggregate named"] = b => Out(Group(b).WindowedBy(Sliding)
            .Aggregate(() => "", Add, new() { ProcessorName = "agg", Name = "s" })),
        ["time count on close"] = b => Out(Group(b).WindowedBy(Tumbling).EmitStrategy(EmitStrategy.OnWindowClose).Count()),
        ["unlimited count"] = b => Out(Group(b).WindowedBy(UnlimitedWindows.Of()).Count()),
        ["suppress window"] = b => Out(Group(b).WindowedBy(Tumbling).Count().Suppress(Suppressed.UntilWindowCloses())),
        ["suppress window named"] = b =>
            Out(Group(b).WindowedBy(Tumbling).Count().Suppress(Suppressed.UntilWindowCloses() with { Name = "sup" })),
        ["suppress table"] = b => Out(Table(b).Suppress(For5)),
        ["suppress table named"] = b => Out(Table(b).Suppress(For5 with { Name = "sup" }).Filter((_, _) => true)),
        ["suppress filtered table"] = b => Out(Table(b).Filter((_, _) => true).Suppress(For5)),
        ["suppress joined"] = b =>
        {
            var held = Table(b).Suppress(For5);
            b.Stream<string, string>("L").Join(held, (v, row) => v + row).To("out");
        },
        ["cogroup one"] = b => Out(Group(b).Cogroup<string>(Add).Aggregate(() => "")),
        ["cogroup two"] = b => Out(Two(b).Aggregate(() => "")),
        ["cogroup two stored"] = b => Out(Two(b).Aggregate(() => "", new() { Name = "s" })),
        ["cogroup two named"] = b => Out(Two(b).Aggregate(() => "", new() { ProcessorName = "agg", Name = "s" })),
        ["cogroup one repartitioned"] = b =>
        {
            var (one, two) = (Rekeyed(b, "one"), Group(b, "two"));
            Out(one.Cogroup<string>(Add).Cogroup(two, Add).Aggregate(() => ""));
        },
        ["cogroup second repartitioned"] = b =>
        {
            var (one, two) = (Group(b, "one"), Rekeyed(b, "two"));
            Out(one.Cogroup<string>(Add).Cogroup(two, Add).Aggregate(() => ""));
        },
        ["cogroup both repartitioned, named groups"] = b =>
        {
            var one = b.Stream<string, string>("one").GroupBy((_, v) => v, new() { Name = "x" });
            var two = b.Stream<string, string>("two").GroupBy((_, v) => v, new() { Name = "y" });
            Out(one.Cogroup<string>(Add).Cogroup(two, Add).Aggregate(() => "", new() { Name = "s" }));
        },
        ["cogroup three"] = b => Out(Two(b).Cogroup(Group(b, "three"), Add).Aggregate(() => "")),
        ["cogroup joined"] = b =>
        {
            var table = Two(b).Aggregate(() => "");
            b.Stream<string, string>("L").Join(table, (v, row) => v + row).To("out");
        },
        ["cogroup time windows"] = b => Out(Two(b).WindowedBy(Tumbling).Aggregate(() => "")),
        ["cogroup sliding windows"] = b => Out(Two(b).WindowedBy(Sliding).Aggregate(() => "")),
        ["cogroup session windows"] = b =>
            Out(Two(b).WindowedBy(SessionsOf10).Aggregate(() => "", (_, x, y) => x + y, new() { Name = "s" })),
    };

    public static TheoryData<string> Names => [.. Expected.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Description_is_that_of_Kafka_Streams(string name)
    {
        var builder = new StreamsBuilder();
        Topologies[name](builder);

        Assert.Equal(
            TopologyDescriberTests.Normalize(Expected[name]),
            TopologyDescriberTests.Normalize(builder.Build().Describe().TrimEnd('\n').Split('\n')));
    }

    private static KGroupedStream<string, string> Group(StreamsBuilder builder, string topic = "in") =>
        builder.Stream<string, string>(topic).GroupByKey();

    private static KGroupedStream<string, string> Rekeyed(StreamsBuilder builder, string topic = "in") =>
        builder.Stream<string, string>(topic).SelectKey((_, v) => v).GroupByKey();

    private static Suppressed For5 => Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(5));

    private static KTable<string, string> Table(StreamsBuilder builder) => builder.Table<string, string>("in");

    private static CogroupedKStream<string, string> Two(StreamsBuilder builder)
    {
        var (one, two) = (Group(builder, "one"), Group(builder, "two"));
        return one.Cogroup<string>(Add).Cogroup(two, Add);
    }

    private static string Add(string key, string value, string aggregate) => aggregate + value;

    private static void Out<TKey, TValue>(KTable<TKey, TValue> table) => table.ToStream().To("out");
}
