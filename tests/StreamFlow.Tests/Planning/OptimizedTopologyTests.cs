using System.Buffers;
using StreamFlow.Planning;
using StreamFlow.Serialization;
using StreamFlow.Tests.Conformance;
using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Planning;

/// <summary>
/// Topologies built with all optimisations: their descriptions are those of Kafka Streams with
/// <c>topology.optimization=all</c>, where it can build them, and their results those without.
/// </summary>
public sealed class OptimizedTopologyTests
{
    private const string FilteredGroupings = "groupings behind one filter";
    private const string PeekedGroupings = "grouping behind peek and filter";
    private const string BesideAndBehindMerge = "groupings beside and behind a merge";
    private static readonly TopologyOptions All = new() { Optimization = TopologyOptimization.All };

    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("OptimizedTopologies.recorded.txt", "=== ");

    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["one grouping behind selectKey"] = b => Count(Rekeyed(b), "out"),
        ["one grouping behind filter"] = b => Count(Rekeyed(b).Filter((_, _) => true), "out"),
        ["one grouping behind mapValues"] = b => Count(Rekeyed(b).MapValues(v => v), "out"),
        ["one grouping behind map"] = b => Count(In(b).Map((k, v) => (v, k)), "out"),
        ["one grouping behind groupBy"] = b => In(b).GroupBy((_, v) => v).Count().ToStream().To("out"),
        ["two groupings"] = b => Twice(Rekeyed(b)),
        ["two aggregations of one group"] = b => Twice(Rekeyed(b).GroupByKey()),
        ["two aggregations of one named group"] = b => Twice(Rekeyed(b).GroupByKey(new() { Name = "g" })),
        ["two named groupings"] = b =>
        {
            var s = Rekeyed(b);
            s.GroupByKey(new() { Name = "g1" }).Count().ToStream().To("o1");
            s.GroupByKey(new() { Name = "g2" }).Reduce((_, y) => y).ToStream().To("o2");
        },
        ["groupings behind two filters"] = b =>
        {
            var s = Rekeyed(b);
            Count(s.Filter((_, _) => true), "o1");
            Reduce(s.Filter((_, _) => false), "o2");
        },
        [FilteredGroupings] = b => Twice(Rekeyed(b).Filter((_, _) => true)),
        ["grouping beside a sink"] = b =>
        {
            var s = Rekeyed(b);
            s.To("o0");
            Twice(s);
        },
        ["grouping behind a filter with a sink"] = b =>
        {
            var s = Rekeyed(b).Filter((_, _) => true);
            s.To("o0");
            Count(s, "o1");
        },
        ["selectKey feeding count, mapped reduce, aggregate"] = b =>
        {
            var s = Rekeyed(b);
            s.GroupByKey(new() { Name = "first" }).Count().ToStream().To("o1");
            Reduce(s.MapValues(v => v), "o2");
            s.GroupByKey().Aggregate(() => "", (_, _, a) => a, new()).ToStream().To("o3");
            Table(b).ToStream().To("o4");
        },
        ["two key changers"] = b =>
        {
            var s = Rekeyed(b);
            Count(s, "o1");
            Reduce(s.SelectKey((k, _) => k), "o2");
        },
        ["grouping and join"] = b =>
        {
            var s = Rekeyed(b);
            Count(s, "o1");
            s.Join(Table(b), (v, row) => v + row).To("o2");
        },
        ["two joins"] = b =>
        {
            var s = Rekeyed(b);
            s.Join(Table(b), (v, row) => v + row).To("o1");
            s.LeftJoin(b.Table<string, string>("u"), (v, row) => v + row?.Value).To("o2");
        },
        ["explicit repartition is not merged"] = b =>
        {
            var s = Rekeyed(b);
            s.Repartition(new() { Name = "r" }).GroupByKey().Count().ToStream().To("o1");
            Reduce(s, "o2");
        },
        ["merge of rekeyed streams"] = b => Count(Merged(b), "out"),
        ["merge of a rekeyed stream"] = b => Count(Rekeyed(b).Merge(b.Stream<string, string>("in2")), "out"),
        ["two groupings behind a merge"] = b => Twice(Merged(b)),
        ["two groupings behind a filtered merge"] = b =>
        {
            var s = Merged(b);
            Count(s.Filter((_, _) => true), "o1");
            Reduce(s.Filter((_, _) => true), "o2");
        },
        [BesideAndBehindMerge] = b =>
        {
            var s = Rekeyed(b);
            Count(s, "o1");
            Reduce(s.Merge(b.Stream<string, string>("in2")), "o2");
        },
        ["chained aggregations"] = b => In(b).GroupBy((_, v) => v).Count().ToStream()
            .GroupBy((_, v) => $"{v}").Count(new() { Name = "second" }).ToStream().To("out"),
        ["windowed and plain"] = b =>
        {
            var s = Rekeyed(b);
            s.GroupByKey().WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)).Count()
                .ToStream(record => record.Key.Key).To("o1");
            Count(s, "o2");
        },
        ["source before in description"] = b =>
        {
            var s = Rekeyed(b);
            b.Stream<string, string>("x").To("o0");
            Twice(s);
        },
        [PeekedGroupings] = b =>
        {
            var s = Rekeyed(b).Peek((_, _) => { });
            Count(s.Filter((_, _) => true), "o1");
            Reduce(s, "o2");
        },
        ["table read"] = b => Table(b).ToStream().To("out"),
        ["table with named store"] = b => b.Table<string, string>("t", materialized: new() { Name = "rows" }).ToStream().To("out"),
        ["join with table"] = b => In(b).Join(Table(b), (v, row) => v + row).To("out"),
        ["join after selectKey"] = b => Rekeyed(b).Join(Table(b), (v, row) => v + row).To("out"),
        ["flatMap and flatMapValues"] = b =>
        {
            var s = In(b).FlatMap((k, v) => new[] { (v, k) });
            Count(s, "o1");
            Reduce(s.FlatMapValues(v => new[] { v }), "o2");
            Reduce(s.Filter((_, _) => true), "o3");
        },
        ["toStream then selectKey"] = b => Twice(In(b).GroupByKey().Reduce((_, y) => y).ToStream().SelectKey((_, v) => v)),
        ["join keeps the key"] = b => Twice(Rekeyed(b).Join(Table(b), (v, row) => v + row)),
    };

    public static TheoryData<string> Names => [.. Expected.Keys];

    public static TheoryData<string> EqualNames =>
        [.. Expected.Where(e => !e.Value[0].StartsWith("EXC", StringComparison.Ordinal) && e.Key != BesideAndBehindMerge).Select(e => e.Key)];

    [Theory]
    [MemberData(nameof(EqualNames))]
    public void Description_is_that_of_Kafka_Streams(string name) => Assert.Equal(
        TopologyDescriberTests.Normalize(Expected[name]),
        TopologyDescriberTests.Normalize(Build(name, All).Describe().TrimEnd('\n').Split('\n')));

    /// <summary>Kafka Streams ends in an exception there (Z2).</summary>
    [Theory]
    [InlineData(FilteredGroupings, "KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition")]
    [InlineData(PeekedGroupings, "KSTREAM-AGGREGATE-STATE-STORE-0000000004-repartition")]
    public void Groupings_whose_ways_begin_in_one_node_share_a_topic(string name, string topic)
    {
        Assert.StartsWith("EXC", Expected[name][0], StringComparison.Ordinal);

        var subs = Build(name, All).Plan.SubTopologies;

        Assert.Equal([1, 0], subs.Select(sub => sub.RepartitionSinks.Count));
        Assert.Equal(topic, Assert.Single(subs[0].RepartitionSinks).Name);
        Assert.Equal(topic, Assert.Single(subs[1].Sources).Name);
        Assert.Equal(["o1", "o2"], subs[1].SinkTopics);
    }

    /// <summary>
    /// Kafka Streams puts one topic before the merge, where the other stream meets the records without the topics' partitions
    /// being compared.
    /// </summary>
    [Fact]
    public void Grouping_behind_a_merge_does_not_share_the_topic_of_one_before_it()
    {
        var subs = Build(BesideAndBehindMerge, All).Plan.SubTopologies;

        Assert.Equal(
            ["KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition", "KSTREAM-REDUCE-STATE-STORE-0000000011-repartition"],
            subs.SelectMany(sub => sub.RepartitionSinks).Select(topic => topic.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Results_are_those_without_optimisation(string name)
    {
        string Run(TopologyOptions options)
        {
            var topology = Build(name, options);
            var inputs = topology.Plan.SubTopologies.SelectMany(sub => sub.Sources).Where(s => !s.IsInternal).Select(s => s.Name);
            var harness = new TaskHarness(topology);
            var time = 0;
            foreach (var topic in Enumerable.Repeat(inputs.Order().Reverse().ToList(), 2).SelectMany(t => t))
            {
                harness.Pipe(topic, "k", "a", time++);
                harness.Pipe(topic, "a", "b", time++);
                harness.Pipe(topic, "b", "a", time++);
            }

            var outputs = topology.Plan.SubTopologies.SelectMany(sub => sub.SinkTopics).Distinct().Order();
            return string.Join('\n', outputs.Select(topic => $"{topic}: {harness.Read(topic)}"));
        }

        var expected = Run(new TopologyOptions());

        Assert.Contains("@", expected, StringComparison.Ordinal);
        Assert.Equal(expected, Run(All));
    }

    [Theory]
    [InlineData(TopologyOptimization.None)]
    [InlineData(TopologyOptimization.All)]
    public void Records_without_a_key_still_reach_who_stood_beside_the_grouping(TopologyOptimization optimization)
    {
        var builder = new StreamsBuilder();
        var filtered = builder.Stream<string, string>("in").SelectKey((_, v) => v == "none" ? null! : v).Filter((_, _) => true);
        filtered.To("all");
        Count(filtered, "counts");
        var harness = new TaskHarness(builder.Build(new() { Optimization = optimization }));

        harness.Pipe("in", "k", "none", 1);
        harness.Pipe("in", "k", "v", 2);

        Assert.Equal("null=none@1 v=v@2", harness.Read("all"));
        Assert.Single(harness.Take("counts"));
        Assert.Equal(1, harness.DroppedBy(DropReason.NullKey));
    }

    [Fact]
    public void Merged_topic_has_the_serdes_that_any_of_its_users_was_given()
    {
        var builder = new StreamsBuilder();
        var rekeyed = builder.Stream<string, string>("in").SelectKey((_, v) => new Code(v));
        rekeyed.GroupByKey(new() { Name = "a" }).Count(new() { Name = "first", KeySerde = new CodeSerde() });
        rekeyed.GroupByKey(new() { Name = "b", KeySerde = new CodeSerde() }).Count(new() { Name = "second" });

        Assert.Throws<TopologyException>(() => builder.Build());
        Assert.Equal("a-repartition", Assert.Single(builder.Build(All).Plan.SubTopologies[0].RepartitionSinks).Name);
    }

    [Fact]
    public void Topology_is_built_with_one_set_of_options()
    {
        var builder = new StreamsBuilder();
        In(builder).To("out");
        var topology = builder.Build(All);

        Assert.Same(topology, builder.Build());
        Assert.Same(topology, builder.Build(new() { Optimization = TopologyOptimization.All }));
        var error = Assert.Throws<InvalidOperationException>(() => builder.Build(new TopologyOptions()));
        Assert.Contains("another StreamsBuilder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_whose_rows_are_what_its_topic_says_needs_no_changelog()
    {
        static StoreDefinition Store(Consumed<string, string>? consumed, Materialized<string, string> materialized)
        {
            var builder = new StreamsBuilder();
            builder.Table("t", consumed, materialized with { Name = "rows" });
            return Assert.Single(builder.Build(All).Plan.SubTopologies[0].Stores);
        }

        static bool Reuses(Consumed<string, string>? consumed = null, ISerde<string>? kept = null) =>
            Store(consumed, new() { ValueSerde = kept }) is { IsLogged: false, Source.Topic: "t" };

        var serde = new OtherSerde();
        Assert.True(Reuses());
        Assert.True(Reuses(new() { OffsetReset = OffsetReset.Earliest, ValueSerde = serde }, serde));
        Assert.False(Reuses(kept: serde));
        Assert.False(Reuses(new() { ValueSerde = serde }, new OtherSerde()));
        Assert.False(Reuses(new() { OffsetReset = OffsetReset.Latest }));
        Assert.False(Reuses(new() { TimestampExtractor = (record, _) => record.Value.Length }));
        Assert.False(Reuses(new() { OnInvalidTimestamp = InvalidTimestampPolicy.Skip }));

        var unlogged = Store(null, new() { LoggingEnabled = false });
        Assert.Null(unlogged.Source);
        Assert.False(unlogged.IsLogged);
    }

    [Fact]
    public void Aggregate_keeps_its_changelog_with_all_optimisations()
    {
        var builder = new StreamsBuilder();
        In(builder).GroupByKey().Count(new() { Name = "counts" });

        var store = Assert.Single(builder.Build(All).Plan.SubTopologies[0].Stores);

        Assert.True(store.IsLogged);
        Assert.Null(store.Source);
    }

    private static Topology Build(string name, TopologyOptions options)
    {
        var builder = new StreamsBuilder();
        Topologies[name](builder);
        return builder.Build(options);
    }

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static KStream<string, string> Rekeyed(StreamsBuilder builder) => In(builder).SelectKey((_, v) => v);

    private static KStream<string, string> Merged(StreamsBuilder builder) =>
        Rekeyed(builder).Merge(builder.Stream<string, string>("in2").SelectKey((_, v) => v));

    private static KTable<string, string> Table(StreamsBuilder builder) => builder.Table<string, string>("t");

    private static void Twice(KStream<string, string> stream)
    {
        Count(stream, "o1");
        Reduce(stream, "o2");
    }

    private static void Twice(KGroupedStream<string, string> group)
    {
        group.Count().ToStream().To("o1");
        group.Reduce((_, y) => y).ToStream().To("o2");
    }

    private static void Count(KStream<string, string> stream, string topic) =>
        stream.GroupByKey().Count().ToStream().To(topic);

    private static void Reduce(KStream<string, string> stream, string topic) =>
        stream.GroupByKey().Reduce((_, y) => y).ToStream().To(topic);

    private sealed class OtherSerde : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> writer) => Serdes.String.Serialize(value, writer);

        public string Deserialize(ReadOnlySpan<byte> data) => Serdes.String.Deserialize(data);
    }

    private sealed record Code(string Text);

    private sealed class CodeSerde : ISerde<Code>
    {
        public void Serialize(Code value, IBufferWriter<byte> writer) => Serdes.String.Serialize(value.Text, writer);

        public Code Deserialize(ReadOnlySpan<byte> data) => new(Serdes.String.Deserialize(data));
    }
}
