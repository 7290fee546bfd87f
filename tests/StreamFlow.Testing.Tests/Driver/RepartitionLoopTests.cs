using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>A repartitioned stream that meets an earlier stage of itself: its topic is upstream of itself.</summary>
public sealed class RepartitionLoopTests
{
    private static readonly Dictionary<string, (Action<StreamsBuilder> Describe, string[] Values, Dictionary<string, int> Counts)> Cases = new()
    {
        ["two stages and the first"] = (
            b =>
            {
                var s = In(b);
                s.Merge(Stage(Stage(s, "a"), "b")).To("out");
            },
            ["v", "v"],
            new() { ["a"] = 3, ["b"] = 3 }),
        ["one stage and the first"] = (
            b =>
            {
                var s = In(b);
                s.Merge(Stage(s, "a")).To("out");
            },
            ["v", "v"],
            new() { ["a"] = 3 }),
        ["three stages, all met"] = (
            b =>
            {
                var s = In(b);
                var (first, second, third) = (Stage(s, "a"), default(KStream<string, string>), default(KStream<string, string>));
                second = Stage(first, "b");
                third = Stage(second, "c");
                s.Merge(first).Merge(second).Merge(third).To("out");
            },
            ["v", "v", "v", "v"],
            new() { ["a"] = 3, ["b"] = 3, ["c"] = 3 }),
        ["a fixed count on the way"] = (
            b =>
            {
                var s = In(b);
                s.Merge(Stage(s.Repartition(new() { Name = "a", PartitionCount = 5 }), "b")).To("out");
            },
            ["v", "v"],
            new() { ["a"] = 5, ["b"] = 5 }),
        ["a larger topic beside"] = (
            b =>
            {
                var s = In(b);
                Stage(s, "a").Merge(b.Stream<string, string>("large")).Merge(Stage(Stage(s, "b"), "c")).To("out");
            },
            ["v", "v"],
            new() { ["a"] = 3, ["b"] = 3, ["c"] = 3 }),
        ["a larger topic in the circle"] = (
            b =>
            {
                var s = In(b).Merge(b.Stream<string, string>("large"));
                s.Merge(Stage(Stage(s, "a"), "b")).To("out");
            },
            ["v", "v"],
            new() { ["a"] = 8, ["b"] = 8 }),
        ["an aggregate of itself joined"] = (
            b =>
            {
                var s = In(b);
                var counts = Stage(s, "a").GroupByKey().Count(new() { Name = "counts" });
                Stage(Stage(s, "b"), "c").Merge(Stage(s, "d")).Join(counts, (v, count) => $"{v}{count}").To("out");
            },
            ["v1", "v1"],
            new() { ["a"] = 3, ["b"] = 3, ["c"] = 3, ["d"] = 3 }),
        ["two circles that share a stage"] = (
            b =>
            {
                var s = In(b);
                var first = Stage(s, "a");
                s.Merge(Stage(first, "b")).To("out");
                first.Merge(Stage(Stage(first, "c"), "d")).To("out");
            },
            ["v", "v", "v", "v"],
            new() { ["a"] = 3, ["b"] = 3, ["c"] = 3, ["d"] = 3 }),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Records_come_once_per_way_and_counts_are_the_largest_upstream(string name)
    {
        var (describe, values, counts) = Cases[name];
        var builder = new StreamsBuilder();
        describe(builder);
        using var driver = new TopologyTestDriver(builder.Build(), new()
        {
            Application = new() { ApplicationId = "app" },
            Partitions = name.StartsWith("a larger topic", StringComparison.Ordinal)
                ? new Dictionary<string, int> { ["in"] = 3, ["large"] = 8 }
                : new Dictionary<string, int> { ["in"] = 3 },
        });

        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v");

        var records = driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll();
        Assert.Equal(values.Select(value => ("k", value)), records.Select(record => (record.Key, record.Value)));
        Assert.Equal(counts, counts.Keys.ToDictionary(t => t, t => driver.Kafka.PartitionCount($"app-{t}-repartition")));
    }

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static KStream<string, string> Stage(KStream<string, string> stream, string name) =>
        stream.Repartition(new() { Name = name });
}
