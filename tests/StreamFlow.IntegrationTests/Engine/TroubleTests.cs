using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>Applications whose broker goes away or whose group moves on without them.</summary>
public abstract class TroubleTests(ClusterFixture fixture)
{
    [SkippableFact]
    public async Task A_stop_while_the_broker_is_away_ends()
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster);
        var application = await harness.StartAsync(Count, new()
        {
            Id = "stop-away",
            Consumer = new() { ["session.timeout.ms"] = "6000" },
            Configure = o => (o.CommitInterval, o.DeliveryTimeout) = (TimeSpan.FromHours(1), TimeSpan.FromSeconds(3)),
        });
        await harness.UntilRunningAsync(application);
        harness.Probe.Produce("in", ("k", "v", 1));
        await harness.UntilAsync(() => application.Status.Threads.Count == 1, "one thread");

        await cluster.RestartAsync(() => application.StopAsync().WaitAsync(Until.Deadline));

        Assert.True(application.State is StreamsState.NotRunning or StreamsState.Error, $"{application.State}");
        await using var second = new EngineHarness(cluster);
        await second.StartAsync(Count, new() { Id = "stop-away" });
        await second.UntilAsync(() => second.Probe.ReadAll("out").Count >= 1, "the record is processed all the same");
    }

    [SkippableFact]
    public async Task A_broker_that_is_away_while_state_is_restored_only_delays()
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster);
        harness.Probe.Produce("in", [.. Enumerable.Range(0, 20_000).Select(i => ($"k{i}", "v", 1L))]);
        var first = await harness.StartAsync(Count, new() { Id = "restore-away" });
        await harness.UntilRunningAsync(first);
        await harness.UntilNoLagAsync("restore-away", "in");
        await first.StopAsync();

        var second = harness.Create(Count, new() { Id = "restore-away" });
        await second.StartAsync();
        await harness.UntilAsync(() => second.Status.Threads.Any(t => t.Tasks.Count > 0), "tasks are assigned");
        await cluster.RestartAsync(() => Task.Delay(2000));
        harness.Probe.Produce("in", [.. Enumerable.Range(0, 100).Select(i => ($"k{i}", "v", 2L))]);
        await harness.UntilRunningAsync(second);
        await harness.UntilNoLagAsync("restore-away", "in");
        await second.StopAsync();

        var last = harness.Probe.ReadAll("out").GroupBy(r => Convert.ToHexString(r.Message.Key))
            .Select(g => g.Last().Message.Value[7]).ToList();
        Assert.Equal((20_000, 100), (last.Count, last.Count(count => count >= 2)));
    }

    [SkippableFact]
    public async Task A_record_that_takes_longer_than_the_poll_interval_costs_a_rebalance_not_the_thread()
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster);
        var slow = 1;
        void SlowOnce(StreamsBuilder builder) => builder.Stream<string, string>("in").MapValues(v =>
        {
            if (Interlocked.Exchange(ref slow, 0) == 1)
            {
                Thread.Sleep(8000);
            }

            return v;
        }).To("out");
        var application = await harness.StartAsync(SlowOnce, new()
        {
            Id = "slow",
            Consumer = new() { ["session.timeout.ms"] = "5000", ["max.poll.interval.ms"] = "5000" },
        });
        await harness.UntilRunningAsync(application);
        harness.Probe.Produce("in", [.. Enumerable.Range(0, 100).Select(i => ($"k{i}", "v", 1L))]);
        await harness.UntilAsync(
            () => harness.Probe.ReadAll("out").Select(r => Convert.ToHexString(r.Message.Key)).Distinct().Count() == 100,
            "every record came through");
        await harness.UntilNoLagAsync("slow", "in");
        await application.StopAsync();

        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    /// <summary>Its partition comes back each time, and with it what was not committed.</summary>
    [SkippableFact]
    public async Task A_record_that_takes_longer_each_time_is_for_the_handler_after_the_second()
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster);
        var slow = 0;
        var asked = new List<ErrorContext>();
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").MapValues(v =>
            {
                if (v == "slow")
                {
                    slow++;
                    Thread.Sleep(4000);
                }

                return v;
            }).To("out"),
            new()
            {
                Id = "too-slow",
                Consumer = new()
                {
                    ["session.timeout.ms"] = "2000",
                    ["heartbeat.interval.ms"] = "500",
                    ["max.poll.interval.ms"] = "2000",
                },
                Configure = options =>
                {
                    options.CommitInterval = TimeSpan.FromSeconds(1);
                    options.ProcessingErrorHandler = (in ErrorContext error) =>
                    {
                        asked.Add(error);
                        return ErrorResponse.Continue;
                    };
                },
            });
        await harness.UntilRunningAsync(application);
        harness.Probe.Produce("in", [.. Enumerable.Range(0, 6).Select(i => ("k", i == 3 ? "slow" : "v", 1L))]);

        await harness.UntilNoLagAsync("too-slow", "in");
        await application.StopAsync();

        Assert.Equal(2, slow);
        var error = Assert.Single(asked);
        Assert.Equal(("in", 3L), (error.Topic, error.Offset));
        Assert.Equal(TimeSpan.FromSeconds(2), Assert.IsType<SlowRecordException>(error.Exception).Interval);
        Assert.Contains("for the second time", harness.LogText.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    [SkippableFact]
    public async Task A_stop_right_after_the_start_leaves_nothing_running()
    {
        var cluster = await fixture.FreshAsync();
        await using var harness = await PrepareAsync(cluster);
        using var folder = new TempFolder();
        for (var delay = 0; delay < 60; delay += 20)
        {
            var setup = new Setup { Id = "early", StateDirectory = folder.Path };
            var application = harness.Create(Count, setup);
            var start = application.StartAsync();
            await Task.Delay(delay);
            await application.StopAsync().WaitAsync(Until.Deadline);
            await start;
            Assert.Equal(StreamsState.NotRunning, application.State);
            Assert.Empty(application.Status.Threads);
        }

        // The folder is free: nothing of them holds its lock.
        var last = await harness.StartAsync(Count, new() { Id = "early", StateDirectory = folder.Path });
        await harness.UntilRunningAsync(last);
    }

    private static void Count(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream().To("out");

    private static async Task<EngineHarness> PrepareAsync(TestCluster cluster)
    {
        var harness = new EngineHarness(cluster);
        await harness.Probe.CreateTopicsAsync(2, "in", "out");
        return harness;
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedTroubleTests(EmbeddedFixture fixture) : TroubleTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheTroubleTests(ApacheFixture fixture) : TroubleTests(fixture);
