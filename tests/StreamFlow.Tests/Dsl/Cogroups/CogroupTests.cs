using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>Aggregates that several groups go into.</summary>
public sealed class CogroupTests
{
    /// <summary>
    /// In Kafka Streams each input has a clock of its own, and one that lags behind begins a window anew that the store no
    /// longer shows (Z1).
    /// </summary>
    [Theory]
    [InlineData("tumbling", 0)]
    [InlineData("tumbling", 10_000_000)]
    [InlineData("session", 0)]
    [InlineData("session", 10_000_000)]
    [InlineData("sliding", 0)]
    [InlineData("sliding", 10_000_000)]
    public void Inputs_that_drift_apart_have_one_clock(string kind, long cacheBytes)
    {
        var builder = new StreamsBuilder();
        var cogroup = Group(builder, "one").Cogroup<long>((_, _, n) => n + 1).Cogroup(Group(builder, "two"), (_, _, n) => n + 1);
        var table = kind switch
        {
            "tumbling" => cogroup.WindowedBy(TumblingWindows.Of(Ms(10), Ms(5))).Aggregate(() => 0L, new() { Name = "s" }),
            "sliding" => cogroup.WindowedBy(SlidingWindows.Of(Ms(9), Ms(5))).Aggregate(() => 0L, new() { Name = "s" }),
            _ => cogroup.WindowedBy(SessionWindows.Of(Ms(9), Ms(5)))
                .Aggregate(() => 0L, (_, x, y) => x + y, new() { Name = "s" }),
        };
        table.ToStream(r => $"{r.Key.Key}[{r.Key.Window.Start}/{r.Key.Window.End}]").MapValues(v => $"{v}").To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("one", "k", "a", 11);
        harness.Pipe("two", "k", "b", 12);
        harness.Pipe("one", "k", "c", 1000);
        harness.Read("out");
        harness.Pipe("two", "k", "d", 13);
        harness.Pipe("two", "k", "e", 14);

        Assert.Equal("-", harness.Read("out"));
        Assert.Equal(2, harness.DroppedBy(DropReason.Late));
    }

    /// <summary>In Kafka Streams the second one has the first one's names, and the build fails (Z3).</summary>
    [Fact]
    public void Two_groups_that_both_repartition_have_a_topic_each()
    {
        var builder = new StreamsBuilder();
        var (one, two, three) = (Rekeyed(builder, "one"), Rekeyed(builder, "two"), Rekeyed(builder, "three"));
        one.Cogroup<string>((_, v, all) => $"{all}1{v}").Cogroup(two, (_, v, all) => $"{all}2{v}")
            .Cogroup(three, (_, v, all) => $"{all}3{v}")
            .Aggregate(() => "", new() { Name = "s" }).ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("one", "x", "k", 0);
        harness.Pipe("two", "y", "k", 1);
        harness.Pipe("three", "z", "k", 2);

        Assert.Equal("k=1k@0 k=1k2k@1 k=1k2k3k@2", harness.Read("out"));
        Assert.Equal(
            ["app-s-2-repartition", "app-s-3-repartition", "app-s-changelog", "app-s-repartition", "out"], harness.Topics);
    }

    [Fact]
    public void Group_that_is_there_twice_goes_in_twice()
    {
        var builder = new StreamsBuilder();
        var group = Group(builder, "one");
        group.Cogroup<string>((_, v, all) => $"{all}a{v}").Cogroup(group, (_, v, all) => $"{all}b{v}")
            .Aggregate(() => "").ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("one", "k", "1", 0);

        Assert.Equal("k=a1@0 k=a1b1@0", harness.Read("out"));
    }

    [Fact]
    public void Topics_must_have_as_many_partitions()
    {
        var builder = new StreamsBuilder();
        Group(builder, "one").Cogroup<string>((_, v, all) => all + v).Cogroup(Group(builder, "two"), (_, v, all) => all + v)
            .Aggregate(() => "").ToStream().To("out");

        var groups = builder.Build().Plan.SubTopologies.Single().CopartitionGroups;

        Assert.Equal(["one", "two"], Assert.Single(groups).Topics);
    }

    [Fact]
    public void Groups_of_two_builders_are_refused()
    {
        var cogroup = Group(new StreamsBuilder(), "one").Cogroup<string>((_, v, all) => all + v);
        Assert.Throws<ArgumentException>(() => cogroup.Cogroup(Group(new StreamsBuilder(), "two"), (_, v, all) => all + v));
    }

    /// <summary>A handle is a place in the description: adding a group to one does not change it.</summary>
    [Fact]
    public void Adding_a_group_makes_another_handle()
    {
        var builder = new StreamsBuilder();
        var one = Group(builder, "one").Cogroup<string>((_, v, all) => all + v);
        one.Cogroup(Group(builder, "two"), (_, v, all) => all + v);
        one.Aggregate(() => "").ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("one", "k", "1", 0);
        harness.Pipe("two", "k", "2", 1);

        Assert.Equal("k=1@0", harness.Read("out"));
    }

    /// <summary>The value before is known to those behind, whichever input has made it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10_000_000)]
    public void Updates_come_with_the_value_before(long cacheBytes)
    {
        var builder = new StreamsBuilder();
        Group(builder, "one").Cogroup<string>((_, v, _) => v).Cogroup(Group(builder, "two"), (_, v, _) => v)
            .Aggregate(() => "")
            .GroupBy((k, v) => (v, k)).Count(new() { Name = "n" }).ToStream().MapValues(v => $"{v}").To("out");
        var harness = new TaskHarness(builder.Build(), cacheBytes: cacheBytes);

        harness.Pipe("one", "k", "x", 0);
        harness.Pipe("two", "k", "y", 1);
        harness.Pipe("two", "j", "y", 2);

        Assert.Equal("x=1@0 x=0@1 y=1@1 y=2@2", harness.Read("out"));
    }

    /// <summary>What one input has written the other finds again, after a restart too.</summary>
    [Fact]
    public void Inputs_share_their_store()
    {
        var builder = new StreamsBuilder();
        Group(builder, "one").Cogroup<string>((_, v, all) => all + v).Cogroup(Group(builder, "two"), (_, v, all) => all + v)
            .Aggregate(() => "", new() { Name = "s" }).ToStream().To("out");
        var topology = builder.Build();
        var backends = new Dictionary<string, InMemoryBackend>();
        var harness = new TaskHarness(topology, backends: backends, cacheBytes: 10_000_000);
        harness.Pipe("one", "k", "1", 0);
        harness = new TaskHarness(topology, backends: backends, cacheBytes: 10_000_000);

        harness.Pipe("two", "k", "2", 1);

        Assert.Equal("k=12@1", harness.Read("out"));
    }

    private static KGroupedStream<string, string> Group(StreamsBuilder builder, string topic) =>
        builder.Stream<string, string>(topic).GroupByKey();

    private static KGroupedStream<string, string> Rekeyed(StreamsBuilder builder, string topic) =>
        builder.Stream<string, string>(topic).SelectKey((_, v) => v).GroupByKey();

    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
