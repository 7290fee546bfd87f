using System.Text.RegularExpressions;

namespace StreamFlow.Tests.Runtime;

/// <summary>Applications that read topics by their names, which come and go while they run.</summary>
public sealed class TopicPatternTests
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Topics_that_match_are_read_those_at_the_start_and_those_that_come(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in-a", 2), ("my-in-a", 1), ("in", 1), ("out", 1));
        var application = await StartAsync(harness, Copy, guarantee);
        Send(harness, "in-a");
        Send(harness, "my-in-a");
        Send(harness, "in");
        await AppHarness.Until(() => harness.Values("out").Count == 2, "the first records");

        harness.Kafka.CreateTopic("in-b", 3);
        Send(harness, "in-b");
        await AppHarness.Until(() => harness.Values("out").Count >= 5, "records of the new topic");
        await application.StopAsync();

        Assert.Equal(["in-a-0", "in-a-1", "in-b-0", "in-b-1", "in-b-2"], harness.Values("out").Order());
        Assert.Equal(1, harness.Kafka.CommittedOffsets("app")[new("in-b", 2)].Offset);
    }

    /// <summary>Whoever came later than the application begins at the beginning, also where the policy is to begin at the end.</summary>
    [Fact]
    public async Task Topic_that_comes_is_read_from_its_beginning_whatever_the_policy()
    {
        await using var harness = new AppHarness(("in-a", 1), ("out", 1));
        Send(harness, "in-a");
        var application = await StartAsync(
            harness, b => b.Stream<string, string>(new Regex("in-.*"), new() { OffsetReset = OffsetReset.Latest }).To("out"));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");

        harness.Kafka.CreateTopic("in-b", 1);
        Send(harness, "in-b");
        await AppHarness.Until(() => harness.Values("out").Count > 0, "the record of the new topic");

        Assert.Equal(["in-b-0"], harness.Values("out"));
    }

    [Fact]
    public async Task Without_a_topic_that_matches_the_application_runs_and_waits_for_one()
    {
        await using var harness = new AppHarness(("out", 1));
        var application = await StartAsync(
            harness, b => b.Stream<string, string>(new Regex("in-.*")).GroupBy((_, v) => v[..4]).Count(new() { Name = "counts" })
                .ToStream().MapValues(v => $"{v}").To("out"));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        Assert.Equal(["out"], harness.Kafka.Topics);

        harness.Kafka.CreateTopic("in-a", 2);
        Send(harness, "in-a");
        await AppHarness.Until(() => harness.Values("out").Contains("2"), "the count of both partitions");

        Assert.Equal(2, harness.Kafka.PartitionCount("app-counts-repartition"));
        Assert.Equal(2, harness.Kafka.PartitionCount("app-counts-changelog"));
        Assert.Equal(StreamsState.Running, application.State);
    }

    [Fact]
    public async Task Topic_that_is_deleted_is_let_go_and_the_others_are_read_on()
    {
        await using var harness = new AppHarness(("in-a", 1), ("in-b", 3), ("out", 1));
        var log = new ListLogger();
        var topics = new ChangedTopics(harness.Kafka);
        var application = await StartAsync(harness, Copy, clients: topics, log: log);
        Send(harness, "in-a");
        Send(harness, "in-b");
        await AppHarness.Until(() => harness.Values("out").Count == 4, "the first records");

        topics.Topic = topic => topic.Name == "in-b" ? null : topic;
        await AppHarness.Until(() => log.Messages.Any(m => m.StartsWith("Topic in-b, which application app read", StringComparison.Ordinal)), "it is let go");
        await AppHarness.Until(
            () => application.Status.Threads is [{ IsSettled: true, Tasks.Count: 1 }], "one task is left");
        Send(harness, "in-a");
        await AppHarness.Until(() => harness.Values("out").Count == 5, "the other topic is read on");

        Assert.Empty(application.Status.Problems);
        Assert.Null(application.Status.Error);
        topics.Topic = topic => topic;
        Send(harness, "in-b");
        await AppHarness.Until(() => harness.Values("out").Count == 8, "it comes back");
    }

    [Fact]
    public async Task Two_members_share_topics_that_come_out_exactly_once()
    {
        await using var harness = new AppHarness(("in-a", 2), ("out", 1));
        var one = await StartAsync(harness, Copy, ProcessingGuarantee.ExactlyOnce, threads: 2);
        var other = await StartAsync(harness, Copy, ProcessingGuarantee.ExactlyOnce, clientId: "other");
        await AppHarness.Until(
            () => one.State == StreamsState.Running && other.State == StreamsState.Running, "both run");

        var expected = new List<string>();
        foreach (var (topic, partitions) in new[] { ("in-0", 1), ("in-b", 4), ("in-c", 3) })
        {
            harness.Kafka.CreateTopic(topic, partitions);
            Send(harness, topic);
            Send(harness, "in-a");
            expected.AddRange(Enumerable.Range(0, partitions).Select(p => $"{topic}-{p}"));
            expected.AddRange(["in-a-0", "in-a-1"]);
        }

        await AppHarness.Until(() => harness.Values("out").Count >= expected.Count, "all records");
        await one.StopAsync();
        await other.StopAsync();

        Assert.Equal(expected.Order(), harness.Values("out").Order());
    }

    [Fact]
    public async Task State_of_a_pattern_goes_on_when_a_narrower_topic_comes_and_a_wider_one_goes()
    {
        await using var harness = new AppHarness(("in-a", 1), ("in-b", 2), ("out", 1));
        var topics = new ChangedTopics(harness.Kafka);
        void Build(StreamsBuilder builder) => builder.Stream<string, string>(new Regex("in-.*"))
            .GroupBy((_, _) => "all").Count(new() { Name = "counts" }).ToStream().MapValues(v => $"{v}").To("out");
        var application = await StartAsync(harness, Build, clients: topics);
        Send(harness, "in-a");
        Send(harness, "in-b");
        await AppHarness.Until(() => Last(harness) == "3", "three are counted");

        topics.Topic = topic => topic.Name == "in-b" ? null : topic;
        await AppHarness.Until(() => application.Status.Threads[0] is { IsSettled: true, Tasks.Count: 3 }, "tasks 0_0, 1_0 and 1_1");
        Send(harness, "in-a");
        await AppHarness.Until(() => Last(harness) == "4", "the count goes on");
        await application.StopAsync();

        // A wider one: the repartition topic stays as it is.
        harness.Kafka.CreateTopic("in-c", 5);
        Send(harness, "in-c");
        application = await StartAsync(harness, Build, clients: topics);
        await AppHarness.Until(() => Last(harness) == "9", "it goes on over a restart");
        Assert.Equal(2, harness.Kafka.PartitionCount("app-counts-repartition"));
        Assert.Null(application.Status.Error);
    }

    [Theory]
    [InlineData(".*")]
    [InlineData("app-.*|in-a|.*-repartition")]
    public async Task Own_topics_never_match(string pattern)
    {
        await using var harness = new AppHarness(
            ("in-a", 1), ("dead", 1), ("app-old-changelog", 1), ("app-old-repartition", 1), ("__consumer_offsets", 1));
        foreach (var own in new[] { "dead", "app-old-changelog", "app-old-repartition", "__consumer_offsets" })
        {
            Send(harness, own);
        }

        var application = await StartAsync(
            harness,
            b => b.Stream<string, string>(new Regex(pattern)).GroupBy((_, _) => "all").Count(new() { Name = "counts" }),
            configure: o => o.DeadLetterTopic = "dead");
        Send(harness, "in-a");
        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("app").TryGetValue(new("app-counts-repartition", 0), out var counted) && counted.Offset > 0,
            "it is counted");
        await application.StopAsync();

        Assert.Equal(
            [new TopicPartition("app-counts-repartition", 0), new TopicPartition("in-a", 0)],
            harness.Kafka.CommittedOffsets("app").Keys.OrderBy(p => p.Topic, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Topic_that_matches_two_patterns_ends_the_application_and_is_told()
    {
        await using var harness = new AppHarness(("out", 1));
        void Build(StreamsBuilder builder)
        {
            builder.Stream<string, string>(new Regex("in-.*")).To("out");
            builder.Stream<string, string>(new Regex(".*-x")).To("out");
        }

        var application = await StartAsync(harness, Build);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        harness.Kafka.CreateTopic("in-x", 1);
        await AppHarness.Until(() => application.State == StreamsState.Error, "the application ends");

        Assert.Contains("Topic 'in-x' matches the patterns 'in-.*' of", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(
            application.Status.Error!.Message, (await Assert.ThrowsAsync<TopologyException>(() => StartAsync(harness, Build))).Message);
    }

    [Fact]
    public async Task Join_with_topics_that_match_is_checked_when_they_are_known()
    {
        await using var harness = new AppHarness(("in-a", 2), ("rows", 2), ("out", 1));
        var application = await StartAsync(
            harness, b => b.Stream<string, string>(new Regex("in-.*")).Join(b.Table<string, string>("rows"), (x, y) => x + y).To("out"));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");

        harness.Kafka.CreateTopic("in-b", 3);
        await AppHarness.Until(() => application.State == StreamsState.Error, "the application ends");

        Assert.Contains("'in-a' 2, 'in-b' 3, 'rows' 2", application.Status.Error!.Message, StringComparison.Ordinal);
    }

    private static void Copy(StreamsBuilder builder) => builder.Stream<string, string>(new Regex("in-.*")).To("out");

    private static Task<StreamsApplication> StartAsync(
        AppHarness harness, Action<StreamsBuilder> topology, ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce,
        int threads = 1, string clientId = "", Action<StreamFlowOptions>? configure = null,
        StreamFlow.Clients.IKafkaClients? clients = null, ListLogger? log = null) =>
        harness.StartAsync(
            topology,
            o =>
            {
                o.ProcessingGuarantee = guarantee;
                o.CacheMaxBytes = 0;
                o.NumStreamThreads = threads;
                o.ClientId = clientId;
                o.ClusterCheckInterval = Often;
                configure?.Invoke(o);
            },
            log is null ? null : new StreamsServices { Logging = log },
            clients);

    private static string? Last(AppHarness harness) => harness.Values("out") is [.., var last] ? last : null;

    private static void Send(AppHarness harness, string topic)
    {
        for (var partition = 0; partition < harness.Kafka.PartitionCount(topic); partition++)
        {
            harness.Send(topic, partition, "k", $"{topic}-{partition}");
        }
    }
}
