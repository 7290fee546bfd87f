using System.Text;
using Confluent.Kafka;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>What changes around an application that runs: its topics, and who is in its group.</summary>
public abstract class ClusterChangeTests(ClusterFixture fixture)
{
    [SkippableFact]
    public async Task Added_partitions_are_read_where_there_is_no_state()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "in", "out");
        var application = await harness.StartAsync(b => b.Stream<string, string>("in").To("out"), Watchful("grow"));
        await harness.UntilRunningAsync(application);
        harness.Probe.ProduceToEach("in", 2, "before");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == 2, "the first records");

        await harness.Probe.AddPartitionsAsync("in", 4);
        harness.Probe.ProduceToEach("in", 4, "after");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count >= 6, "records of all partitions");
        await harness.UntilNoLagAsync("grow", "in");

        Assert.Equal(
            ["after-0", "after-1", "after-2", "after-3", "before-0", "before-1"],
            harness.Probe.ReadAll("out").Select(r => Encoding.UTF8.GetString(r.Message.Value)).Order());
        Assert.Contains("Topic in has 4 partitions now, 2 before", harness.LogText, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Added_partitions_of_a_topic_that_the_group_does_not_balance_are_read()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "a", "b", "out");
        var application = await harness.StartAsync(b => b.Stream<string, string>(["a", "b"]).To("out"), Watchful("grow-other"));
        await harness.UntilRunningAsync(application);

        await harness.Probe.AddPartitionsAsync("b", 3);
        harness.Probe.ProduceToEach("a", 2, "a");
        harness.Probe.ProduceToEach("b", 3, "b");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count >= 5, "records of all partitions");
        await harness.UntilNoLagAsync("grow-other", "a", "b");

        Assert.Equal(
            ["a-0", "a-1", "b-0", "b-1", "b-2"],
            harness.Probe.ReadAll("out").Select(r => Encoding.UTF8.GetString(r.Message.Value)).Order());
    }

    [SkippableFact]
    public async Task An_output_topic_that_is_deleted_is_told_and_used_again_when_it_is_back()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in", "out");
        var application = await harness.StartAsync(b => b.Stream<string, string>("in").To("out"), Watchful("deleted"));
        await harness.UntilRunningAsync(application);
        harness.Probe.ProduceToEach("in", 1, "before");
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == 1, "the first record");

        await harness.Probe.DeleteTopicsAsync("out");
        await harness.UntilAsync(() => application.Status.Problems.Count == 1, "it is told");
        Assert.Contains("The output topic 'out' does not exist", application.Status.Problems[0], StringComparison.Ordinal);
        await harness.Probe.CreateTopicsAsync(1, "out");
        await harness.UntilAsync(() => application.Status.Problems.Count == 0, "it is back");
        harness.Probe.ProduceToEach("in", 1, "after");

        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == 1, "the record behind it");
        Assert.Equal(StreamsState.Running, application.State);
        Assert.Contains("The output topic out was deleted and made anew", harness.LogText, StringComparison.Ordinal);
    }

    /// <summary>
    /// Nobody will ever acknowledge its records. What becomes of them the handler says; with exactly-once it is asked after the next
    /// start, since what a stop cannot commit is processed again. Only refusals end the wait: the limits are hours.
    /// </summary>
    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_stop_does_not_wait_for_an_output_topic_that_was_deleted(ProcessingGuarantee guarantee)
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in", "out");
        var setup = ForgivingOfResults($"stop-{guarantee}", guarantee);
        var application = await harness.StartAsync(b => b.Stream<string, string>("in").To("out"), setup);
        await harness.UntilRunningAsync(application);
        harness.Probe.ProduceToEach("in", 1, "before");
        await harness.UntilNoLagAsync(setup.Id, "in");

        await harness.Probe.DeleteTopicsAsync("out");
        harness.Probe.Produce("in", [.. Enumerable.Range(0, 100).Select(i => ($"k{i}", "after", 0L))]);
        await harness.UntilAsync(() => application.Status.Problems.Count == 1, "it is told");
        await application.StopAsync().WaitAsync(Until.Deadline);

        Assert.Equal(StreamsState.NotRunning, application.State);
        Assert.DoesNotContain("not acknowledged within", harness.LogText, StringComparison.Ordinal);
        Assert.DoesNotContain("Critical", harness.LogText, StringComparison.Ordinal);
        var again = await harness.StartAsync(b => b.Stream<string, string>("in").To("out"), setup);
        await harness.UntilNoLagAsync(setup.Id, "in");
        await again.StopAsync();
    }

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task An_output_topic_that_is_back_is_written_to_although_records_were_refused_meanwhile(ProcessingGuarantee guarantee)
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in", "out");
        var setup = ForgivingOfResults($"back-{guarantee}", guarantee);
        var application = await harness.StartAsync(b => b.Stream<string, string>("in").To("out"), setup);
        await harness.UntilRunningAsync(application);
        harness.Probe.ProduceToEach("in", 1, "before");
        await harness.UntilNoLagAsync(setup.Id, "in");
        await harness.Probe.DeleteTopicsAsync("out");
        harness.Probe.ProduceToEach("in", 1, "meanwhile");
        await harness.UntilNoLagAsync(setup.Id, "in");

        await harness.Probe.CreateTopicsAsync(1, "out");
        await Until.TrueAsync(
            () =>
            {
                harness.Probe.ProduceToEach("in", 1, "after");
                return harness.Probe.ReadAll("out").Count > 0;
            },
            "a record comes through", () => harness.LogText);

        Assert.Equal(StreamsState.Running, application.State);
        Assert.All(harness.Probe.ReadAll("out"), r => Assert.Equal("after-0", Encoding.UTF8.GetString(r.Message.Value)));
    }

    [SkippableFact]
    public async Task Missing_output_topics_are_created_when_that_is_asked_for()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in");
        var application = await harness.StartAsync(
            b => b.Stream<string, string>("in").To("out"),
            Watchful("creating") with
            {
                Configure = o =>
                {
                    o.MissingOutputTopics = MissingTopicResponse.Create;
                    o.DeadLetterTopic = "dead";
                },
            });
        await harness.UntilRunningAsync(application);
        harness.Probe.ProduceToEach("in", 1, "v");

        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count == 1, "the record");
        Assert.Empty(harness.Probe.ReadAll("dead"));
    }

    [SkippableFact]
    public async Task State_ends_at_once_with_the_message_that_a_start_has()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "in", "out");
        var application = await harness.StartAsync(Count, Watchful("grow-state"));
        await harness.UntilRunningAsync(application);

        await harness.Probe.AddPartitionsAsync("in", 4);
        await Until.TrueAsync(() => application.State == StreamsState.Error, "the application ends", () => harness.LogText);

        var error = Assert.IsType<TopologyException>(application.Status.Error);
        Assert.Contains("'grow-state-counts-changelog' has 2 partitions, the topology needs 4", error.Message, StringComparison.Ordinal);
        var restart = await Assert.ThrowsAsync<TopologyException>(() => harness.StartAsync(Count, Watchful("grow-state")));
        Assert.Equal(restart.Message, error.Message);
    }

    [SkippableFact]
    public async Task A_program_in_the_group_is_named_and_costs_no_record_unless_it_commits()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "in", "out");
        var application = await harness.StartAsync(Count, Watchful("visited"));
        await harness.UntilRunningAsync(application);
        using (new Guest(harness.BootstrapServers, "visited", "in"))
        {
            await harness.UntilAsync(
                () => application.Status.Problems.Any(p => p.Contains("has in-", StringComparison.Ordinal)), "the guest is told");
            var problem = Assert.Single(application.Status.Problems);
            Assert.Contains($"'{Guest.Name}' (member ", problem, StringComparison.Ordinal);
            Assert.Contains("Error: Application visited: " + problem, harness.LogText, StringComparison.Ordinal);
            harness.Probe.ProduceToEach("in", 2, "v");
        }

        await harness.UntilAsync(() => application.Status.Problems.Count == 0, "the guest is gone");
        await harness.UntilNoLagAsync("visited", "in");
        Assert.Equal(2, harness.Probe.ReadAll("out").Count);
    }

    [SkippableFact]
    public async Task An_instance_with_another_topology_is_named_by_both()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "in", "out");
        var one = await harness.StartAsync(
            b => b.Stream<string, string>("in").To("out"), Watchful("mixed") with { Configure = o => o.ClientId = "one" });
        var other = await harness.StartAsync(Count, Watchful("mixed") with { Configure = o => o.ClientId = "other" });

        await harness.UntilAsync(() => one.Status.Problems.Count == 1 && other.Status.Problems.Count == 1, "both are told");

        Assert.Contains("'other-StreamThread-1-consumer-t", one.Status.Problems[0], StringComparison.Ordinal);
        Assert.Contains("'one-StreamThread-1-consumer-t", other.Status.Problems[0], StringComparison.Ordinal);
    }

    private static Setup ForgivingOfResults(string id, ProcessingGuarantee guarantee) => Watchful(id) with
    {
        Producer = guarantee == ProcessingGuarantee.ExactlyOnce ? [] : new() { ["delivery.timeout.ms"] = "86400000" },
        Configure = o =>
        {
            o.ProcessingGuarantee = guarantee;
            o.DeliveryTimeout = TimeSpan.FromDays(1);
            o.TransactionTimeout = TimeSpan.FromMinutes(14);
            o.CommitInterval = TimeSpan.FromSeconds(1);
            o.ProductionErrors = ErrorResponse.Continue;
            o.MissingOutputTopics = MissingTopicResponse.Continue;
            o.ClusterCheckInterval = TimeSpan.FromMilliseconds(500);
        },
    };

    private protected static Setup Watchful(string id) => new()
    {
        Id = id,
        Consumer = new()
        {
            ["session.timeout.ms"] = "6000",
            ["heartbeat.interval.ms"] = "200",
            ["topic.metadata.refresh.interval.ms"] = "500",
        },
        Configure = o => o.ClusterCheckInterval = TimeSpan.FromMilliseconds(500),
    };

    private protected static void Count(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream().To("out");
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedClusterChangeTests(EmbeddedFixture fixture) : ClusterChangeTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheClusterChangeTests(ApacheFixture fixture) : ClusterChangeTests(fixture)
{
    private readonly ApacheFixture _fixture = fixture;

    /// <summary>Apache Kafka lets members of its newer group protocol into a group of the older one.</summary>
    [SkippableFact]
    public async Task A_program_of_the_newer_group_protocol_is_named()
    {
        await using var harness = new EngineHarness(await _fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(2, "in", "out");
        var application = await harness.StartAsync(Count, Watchful("visited-newer"));
        await harness.UntilRunningAsync(application);
        using (new Guest(harness.BootstrapServers, "visited-newer", "in", GroupProtocol.Consumer))
        {
            await harness.UntilAsync(
                () => application.Status.Problems.Any(p => p.Contains(Guest.Name, StringComparison.Ordinal)), "the guest is told");
        }
    }
}
