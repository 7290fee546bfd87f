namespace StreamFlow.Tests.Runtime;

/// <summary>Joins of two streams in an application that loses its state.</summary>
public sealed class StreamJoinApplicationTests
{
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Records_that_are_kept_and_records_that_wait_are_restored_from_their_changelogs(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("l", 1), ("r", 1), ("out", 1));
        var first = await harness.StartAsync(Join, o => o.ProcessingGuarantee = guarantee);
        harness.Send("l", 0, "k", "a", 1);
        await Reads(harness, "l", 1);
        harness.Send("l", 0, "k", "a2", 1);
        harness.Send("l", 0, "lonely", "b", 2);
        harness.Send("r", 0, "k2", "x", 3);
        await Reads(harness, "l", 3);
        await Reads(harness, "r", 1);
        await first.StopAsync();

        await harness.StartAsync(Join, o => o.ProcessingGuarantee = guarantee);
        harness.Send("l", 0, "k2", "c", 4);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the first pair");
        harness.Send("r", 0, "k", "y", 5);
        await AppHarness.Until(() => harness.Values("out").Count == 3, "the others");
        harness.Send("r", 0, "other", "z", 13);
        await AppHarness.Until(() => harness.Values("out").Count >= 4, "the one without a match");

        Assert.Equal(["c+x", "a+y", "a2+y", "b+none"], harness.Values("out"));

        // Nothing takes the place of another, across the restart too.
        Assert.Equal(["a", "a2", "b", "c"], harness.Values("app-j-outer-this-join-store-changelog"));
    }

    [Fact]
    public async Task Rekeyed_sides_get_topics_of_equal_counts()
    {
        await using var harness = new AppHarness(("l", 3), ("r", 2), ("out", 1));
        await harness.StartAsync(builder => builder.Stream<string, string>("l").SelectKey((_, v) => v[..1])
            .Join(builder.Stream<string, string>("r").SelectKey((_, v) => v[..1]), (l, r) => l + "+" + r, Windows).To("out"));

        for (var i = 0; i < 6; i++)
        {
            harness.Send("l", i % 3, $"l{i}", $"{i}a", i);
            harness.Send("r", i % 2, $"r{i}", $"{i}b", i);
        }

        await AppHarness.Until(() => harness.Values("out").Count == 6, "all pairs");
        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"{i}a+{i}b"), harness.Values("out").Order());
        Assert.Equal(3, harness.Kafka.PartitionCount("app-KSTREAM-KEY-SELECT-0000000001-repartition"));
        Assert.Equal(3, harness.Kafka.PartitionCount("app-KSTREAM-KEY-SELECT-0000000003-repartition"));
    }

    private static JoinWindows Windows => JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero);

    private static void Join(StreamsBuilder builder) => builder.Stream<string, string>("l").OuterJoin(
        builder.Stream<string, string>("r"),
        (l, r) => $"{l?.Value ?? "none"}+{r?.Value ?? "none"}",
        Windows,
        new() { StoreName = "j" }).To("out");

    private static Task Reads(AppHarness harness, string topic, long offset) => AppHarness.Until(
        () => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(new TopicPartition(topic, 0)).Offset == offset, $"{topic} up to {offset}");
}
