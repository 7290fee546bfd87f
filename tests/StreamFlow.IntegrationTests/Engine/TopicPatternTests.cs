using System.Text;
using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>Topics that are read for their names, and come and go while the application runs.</summary>
public abstract class TopicPatternTests(ClusterFixture fixture)
{
    [SkippableFact]
    public async Task Topic_that_is_made_while_the_application_runs_is_read_by_one_of_two_members()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "in-a", "my-in-a", "out");
        var one = await harness.StartAsync(Copy, Watchful("pattern"));
        var other = await harness.StartAsync(Copy, Watchful("pattern") with { Configure = o => Configure(o, "other") });
        await harness.UntilRunningAsync(one);
        await harness.UntilRunningAsync(other);
        harness.Probe.ProduceToEach("in-a", 2, "a");
        harness.Probe.ProduceToEach("my-in-a", 2, "not");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == 2, "the first records");

        await harness.Probe.CreateTopicsAsync(3, "in-b");
        harness.Probe.ProduceToEach("in-b", 3, "b");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count >= 5, "records of the new topic");
        await harness.UntilNoLagAsync("pattern", "in-a", "in-b");

        Assert.Equal(
            ["a-0", "a-1", "b-0", "b-1", "b-2"],
            harness.Probe.ReadAll("out").Select(r => Encoding.UTF8.GetString(r.Message.Value)).Order());
        Assert.Contains("Topic in-b matches a pattern of application pattern", harness.LogText, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Topic_that_is_deleted_is_let_go_and_the_others_are_read_on(ProcessingGuarantee guarantee)
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "in-a", "in-b", "out");
        var application = await harness.StartAsync(
            Copy, Watchful("less") with { Configure = o => Configure(o, string.Empty, guarantee) });
        await harness.UntilRunningAsync(application);
        harness.Probe.ProduceToEach("in-a", 2, "a");
        harness.Probe.ProduceToEach("in-b", 2, "b");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == 4, "the first records");
        await harness.UntilNoLagAsync("less", "in-a", "in-b");

        await harness.Probe.DeleteTopicsAsync("in-b");
        await harness.UntilAsync(
            () => harness.LogText.Contains("Topic in-b, which application less read", StringComparison.Ordinal), "it is let go");
        harness.Probe.ProduceToEach("in-a", 2, "later");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count >= 6, "the other topic is read on");

        Assert.Empty(application.Status.Problems);
    }

    [SkippableFact]
    public async Task Application_without_a_topic_that_matches_waits_for_one()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "out");
        var application = await harness.StartAsync(
            b => b.Stream<string, string>(new Regex("in-.*")).GroupBy((_, v) => v).Count(new() { Name = "counts" }).ToStream().To("out"),
            Watchful("waits"));
        await harness.UntilRunningAsync(application);

        await harness.Probe.CreateTopicsAsync(2, "in-a");
        harness.Probe.Produce("in-a", ("k", "v", 1));
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count > 0, "the first count");

        Assert.Equal(2, harness.Probe.PartitionCount("waits-counts-repartition"));
        Assert.Equal(2, harness.Probe.PartitionCount("waits-counts-changelog"));
    }

    private static void Copy(StreamsBuilder builder) => builder.Stream<string, string>(new Regex("in-.*")).To("out");

    private static void Configure(
        StreamFlowOptions options, string clientId, ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce)
    {
        options.ClientId = clientId;
        options.ProcessingGuarantee = guarantee;
        options.ClusterCheckInterval = TimeSpan.FromMilliseconds(500);
    }

    private static Setup Watchful(string id) => new()
    {
        Id = id,
        Consumer = new()
        {
            ["session.timeout.ms"] = "6000",
            ["heartbeat.interval.ms"] = "200",
            ["topic.metadata.refresh.interval.ms"] = "500",
        },
        Configure = o => Configure(o, string.Empty),
    };
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedTopicPatternTests(EmbeddedFixture fixture) : TopicPatternTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheTopicPatternTests(ApacheFixture fixture) : TopicPatternTests(fixture);
