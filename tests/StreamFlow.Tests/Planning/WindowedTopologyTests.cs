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

    private static string Add(string key, string value, string aggregate) => aggregate + value;

    private static void Out<TKey, TValue>(KTable<TKey, TValue> table) => table.ToStream().To("out");
}
