namespace StreamFlow.Tests.Runtime;

/// <summary>Where records of one key must meet, the topics they come from have one partition count, or nothing starts.</summary>
public sealed class CopartitioningTests
{
    private static readonly TumblingWindows Windows = TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero);

    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["count of two topics"] = b => Both(b).GroupByKey().Count(),
        ["windowed count of two topics"] = b => Both(b).GroupByKey().WindowedBy(Windows).Count(),
        ["reduce of two topics"] = b => Both(b).GroupByKey().Reduce((x, _) => x),
        ["aggregate of two topics"] = b => Both(b).GroupByKey().Aggregate(() => "", (_, v, _) => v),
        ["windowed reduce of a merge"] = b => Merged(b).GroupByKey().WindowedBy(Windows).Reduce((x, _) => x),
        ["count of a merge"] = b => Merged(b).GroupByKey().Count(),
        ["count behind what keeps keys"] = b =>
            Merged(b).Filter((_, _) => true).MapValues(v => v).Peek((_, _) => { }).GroupByKey().Count(),
        ["count of a merge with a table's updates"] = b =>
            b.Stream<string, string>("one").Merge(b.Table<string, string>("three").ToStream()).GroupByKey().Count(),
        ["count of a merge with counts"] = b => b.Stream<string, string>("one")
            .Merge(b.Stream<string, string>("three").GroupByKey().Count().ToStream().MapValues(n => $"{n}")).GroupByKey().Count(),
        ["join of two topics"] = b => Both(b).Join(b.Table<string, string>("table"), (v, _) => v).To("out"),
        ["join of a merge"] = b => Merged(b).LeftJoin(b.Table<string, string>("table"), (v, _) => v).To("out"),
        ["join with a table of a count of a merge"] = b =>
            b.Stream<string, string>("table").Join(Merged(b).GroupByKey().Count(), (v, _) => v).To("out"),
        ["count of a merge with a repartition topic of another count"] = b => b.Stream<string, string>("one")
            .Merge(b.Stream<string, string>("three").Repartition(new() { PartitionCount = 2 })).GroupByKey().Count(),

        ["nothing but stateless operators"] = b => Merged(b).Filter((_, _) => true).MapValues(v => v).To("out"),
        ["two topics read and written"] = b => Both(b).To("out"),
        ["count behind a repartitioning"] = b => Merged(b).Repartition().GroupByKey().Count(),
        ["count behind a change of keys"] = b => Both(b).GroupBy((k, _) => k).Count(),
        ["join behind a change of keys"] = b =>
            Both(b).SelectKey((k, _) => k).Join(b.Table<string, string>("table"), (v, _) => v).To("out"),
        ["count of a merge with a repartition topic"] = b =>
            b.Stream<string, string>("one").Merge(b.Stream<string, string>("three").Repartition()).GroupByKey().Count(),
        ["count of a merge with a repartition topic of the same count"] = b => b.Stream<string, string>("three")
            .Merge(b.Stream<string, string>("one").Repartition(new() { PartitionCount = 3 })).GroupByKey().Count(),
        ["two counts side by side"] = b =>
        {
            b.Stream<string, string>("one").GroupByKey().Count();
            b.Stream<string, string>("three").GroupByKey().Count();
        },
        ["table beside a stream that does not meet it"] = b =>
            b.Table<string, string>("one").ToStream().Merge(b.Stream<string, string>("three")).To("out"),
    };

    public static TheoryData<string> Refused =>
        [.. Topologies.Keys.TakeWhile(name => name != "nothing but stateless operators")];

    public static TheoryData<string> Allowed =>
        [.. Topologies.Keys.SkipWhile(name => name != "nothing but stateless operators")];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task An_operator_with_state_behind_topics_of_different_counts_keeps_the_application_from_starting(string topology)
    {
        await using var harness = Topics(one: 1, three: 3);

        var error = await Assert.ThrowsAsync<TopologyException>(() => harness.StartAsync(Topologies[topology]));

        Assert.Contains("needs its topics to have the same number of partitions, but they have: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("'one' 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("Repartition()", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task With_one_count_they_start(string topology)
    {
        await using var harness = Topics(one: 2, three: 2);

        var application = await harness.StartAsync(Topologies[topology]);

        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
    }

    [Theory]
    [MemberData(nameof(Allowed))]
    public async Task Without_state_or_behind_a_repartition_topic_counts_may_differ(string topology)
    {
        await using var harness = Topics(one: 1, three: 3);

        var application = await harness.StartAsync(Topologies[topology]);

        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
    }

    /// <summary>Five times a key in each topic are ten, wherever its partition is.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_of_a_key_are_counted_together_behind_a_repartition_topic(bool ofOneSideOnly)
    {
        await using var harness = Topics(one: 1, three: 3);
        foreach (var key in Enumerable.Range(0, 12).Select(i => $"k{i}"))
        {
            for (var i = 0; i < 5; i++)
            {
                harness.Send("one", 0, key, "v");
                harness.Send("three", Clients.Murmur2.Partition(System.Text.Encoding.UTF8.GetBytes(key), 3), key, "v");
            }
        }

        await harness.StartAsync(
            b => (ofOneSideOnly
                    ? b.Stream<string, string>("one").Repartition(new() { PartitionCount = 3 }).Merge(b.Stream<string, string>("three"))
                    : Merged(b).Repartition())
                .GroupByKey().Count().ToStream().Map((key, count) => (key, $"{key}={count}")).To("out"),
            options => options.CacheMaxBytes = 0);

        await AppHarness.Until(() => harness.Values("out").Count >= 120, "all counts");
        Assert.Equal(12, harness.Values("out").Count(value => value.EndsWith("=10", StringComparison.Ordinal)));
        Assert.Equal(120, harness.Values("out").Distinct().Count());
    }

    private static AppHarness Topics(int one, int three) => new(("one", one), ("three", three), ("table", 2), ("out", 1));

    private static KStream<string, string> Both(StreamsBuilder builder) => builder.Stream<string, string>(["one", "three"]);

    private static KStream<string, string> Merged(StreamsBuilder builder) =>
        builder.Stream<string, string>("one").Merge(builder.Stream<string, string>("three"));
}
