using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>The batches of a producer fit all topics that it is known to write to, whatever they are for.</summary>
public sealed class BatchLimitsTests
{
    private static readonly string[] Written = ["out", "app-again-repartition", "app-counts-changelog", "dead"];

    public static TheoryData<string> WrittenTopics => [.. Written];

    [Theory]
    [MemberData(nameof(WrittenTopics))]
    public async Task The_smallest_limit_counts_whichever_topic_has_it(string smallest) =>
        Assert.Equal(1_000, await FindAsync(Written.ToDictionary(topic => topic, topic => topic == smallest ? 1_000 : 2_000)));

    [Fact]
    public async Task A_topic_that_is_only_read_does_not_count() =>
        Assert.Equal(2_000, await FindAsync(new() { ["in"] = 500, ["out"] = 2_000 }));

    [Fact]
    public async Task What_is_not_known_of_some_topics_leaves_the_others()
    {
        using var log = new ListLogger();

        Assert.Equal(1_000, await FindAsync(new() { ["out"] = 1_000 }, log));
        Assert.Equal(3, log.Messages.Count);
        Assert.Contains(log.Messages, m => m.Contains("dead", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nothing_is_known_where_no_topic_tells() => Assert.Null(await FindAsync([]));

    /// <summary>Topics with a limit are there, others are not.</summary>
    private static async Task<int?> FindAsync(Dictionary<string, int> limits, ListLogger? log = null)
    {
        var kafka = new InMemoryKafka();
        foreach (var (topic, limit) in limits)
        {
            kafka.CreateTopic(topic, 1, new Dictionary<string, string> { ["max.message.bytes"] = $"{limit}" });
        }

        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Repartition(new() { Name = "again" }).GroupByKey()
            .Count(new() { Name = "counts" }).ToStream().MapValues(v => $"{v}").To("out");
        var topics = new ResolvedTopics(
            builder.Build().Plan, "app", new() { ["in"] = 1, ["app-again-repartition"] = 1 });
        using var admin = kafka.CreateAdmin("test");
        using var own = new ListLogger();
        return await BatchLimits.FindAsync(
            topics, new StreamFlowOptions { ApplicationId = "app", DeadLetterTopic = "dead" }, admin, log ?? own, default);
    }
}
