using StreamFlow.Tests.Runtime;

namespace StreamFlow.Tests.Measuring;

/// <summary>What an application measures is what happens in it.</summary>
public sealed class ApplicationMetricsTests
{
    [Fact]
    public async Task Records_are_counted_at_sources_sinks_and_stores()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        using var measured = new Measured("counted");
        await StartAsync(harness, "counted", Counts);
        for (var i = 0; i < 10; i++)
        {
            harness.Send("in", i % 2, $"k{i}", "value");
        }

        await AppHarness.Until(() => harness.Values("out").Count == 10, "the results");
        await AppHarness.Until(() => measured.Sum("streamflow.consumer.lag") == 0, "no lag");

        Assert.Equal(10, measured.Sum("streamflow.source.consumed", ("topic", "in")));
        Assert.Equal(5, measured.Sum("streamflow.source.consumed", ("partition", 1)));
        Assert.Equal(70, measured.Sum("streamflow.source.consumed.size"));
        Assert.Equal(10, measured.Sum("streamflow.sink.produced", ("topic", "out")));
        Assert.Equal(10, measured.Sum("streamflow.store.lookups", ("store", "counts"), ("result", "miss")));
        await AppHarness.Until(() => measured.Sum("streamflow.store.entries", ("store", "counts")) == 10, "the entries");
        Assert.True(measured.Sum("streamflow.thread.commits") > 0);
        Assert.True(measured.Sum("streamflow.thread.time", ("phase", "poll")) > 0);
        Assert.Equal(1, measured.Sum("streamflow.thread.rebalances", ("partitions", "assigned")));
        Assert.Equal(2, measured.Sum("streamflow.task.state", ("state", "running")));
        Assert.Equal(1, measured.Sum("streamflow.application.state", ("state", "Running")));
        Assert.Equal(1, measured.Sum("streamflow.application.threads"));
        Assert.Equal(10, measured.Pushed.Where(m => m.Name == "streamflow.task.processed").Sum(m => m.Value));
        Assert.Contains(measured.Pushed, m => m.Name == "streamflow.thread.commit.duration");
        Assert.Contains(measured.Pushed, m => m.Name == "streamflow.source.latency" && m.Tags["topic"] is "in");
        Assert.Contains(measured.Pushed, m => m.Name == "streamflow.sink.latency" && m.Tags["topic"] is "out");
    }

    /// <summary>A task that waits for its other input has what it does not process behind it, and says so.</summary>
    [Fact]
    public async Task Lag_is_what_waits_on_the_broker()
    {
        await using var harness = new AppHarness(("in", 1), ("other", 1));
        using var measured = new Measured("lagging");

        // All at hand from the beginning: a task that waits takes no more than the batch that it has.
        Enumerable.Range(0, 5).ToList().ForEach(i => harness.Send("in", 0, "k", $"{i}", 1_000));
        await StartAsync(
            harness,
            "lagging",
            builder => builder.Stream<string, string>("in").Merge(builder.Stream<string, string>("other")).ForEach((_, _) => { }),
            configure: options => options.MaxTaskIdle = TimeSpan.FromHours(1));
        await AppHarness.Until(() => measured.Sum("streamflow.consumer.lag", ("topic", "in")) == 5, "five that wait");
        await AppHarness.Until(() => measured.Sum("streamflow.source.buffered", ("topic", "in")) == 5, "that they are here");
        Assert.Equal(0, measured.Sum("streamflow.source.consumed"));

        harness.Send("other", 0, "k", "later", 2_000);
        await AppHarness.Until(() => measured.Sum("streamflow.consumer.lag", ("topic", "in")) == 0, "that they are processed");

        await AppHarness.Until(() => measured.Sum("streamflow.source.consumed", ("topic", "in")) == 5, "that they are counted");
        await AppHarness.Until(() => measured.Sum("streamflow.consumer.lag", ("topic", "other")) == 1, "the one that waits now");
    }

    /// <summary>The end of one application takes nothing from another, and leaves nothing of itself.</summary>
    [Fact]
    public async Task Applications_of_one_process_stay_apart()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var first = new Measured("first");
        using var second = new Measured("second");
        var gone = await StartAsync(harness, "first", Counts);
        await StartAsync(harness, "second", Counts);
        harness.Send("in", 0, "k", "v");
        await AppHarness.Until(() => first.Sum("streamflow.source.consumed") == 1, "the record in the first");
        await AppHarness.Until(() => second.Sum("streamflow.source.consumed") == 1, "the record in the second");

        await gone.DisposeAsync();

        Assert.Empty(first.Look());
        Assert.Equal(1, second.Sum("streamflow.source.consumed"));
    }

    [Fact]
    public async Task A_stopped_application_says_so_until_it_is_disposed_of()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var measured = new Measured("stopped");
        var application = await StartAsync(harness, "stopped", Counts);
        await AppHarness.Until(() => measured.Sum("streamflow.task.state", ("state", "running")) == 1, "the task");

        await application.StopAsync();

        Assert.Equal(1, measured.Sum("streamflow.application.state", ("state", "NotRunning")));
        Assert.Equal(0, measured.Sum("streamflow.application.threads"));
        Assert.DoesNotContain(measured.Look(), m => m.Tags.ContainsKey("streamflow.task.id") || m.Tags.ContainsKey("thread"));
    }

    [Fact]
    public async Task Calls_of_stores_are_timed_at_Debug_only()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var debug = new Measured("debug");
        using var info = new Measured("info");
        await StartAsync(harness, "debug", Counts, MetricsLevel.Debug);
        await StartAsync(harness, "info", Counts);
        Enumerable.Range(0, 5).ToList().ForEach(_ => harness.Send("in", 0, "k", "v"));
        await AppHarness.Until(() => info.Sum("streamflow.source.consumed") == 5, "the records at Info");
        await AppHarness.Until(() => debug.Sum("streamflow.store.operations", ("operation", "flush")) > 0, "the flush");

        Assert.Equal(5, debug.Sum("streamflow.store.operations", ("operation", "get")));
        Assert.Equal(5, debug.Sum("streamflow.store.operations", ("operation", "put")));
        Assert.True(debug.Sum("streamflow.store.operation.time", ("operation", "put")) > 0);
        Assert.Equal(5, debug.Pushed.Count(m => m.Name == "streamflow.source.latency"));
        Assert.DoesNotContain("streamflow.store.operations", info.Instruments.Keys);
    }

    [Fact]
    public async Task Transactions_and_restores_are_counted()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var measured = new Measured("exact");
        var before = await StartAsync(harness, "exact", Counts, configure: ExactlyOnce);
        Enumerable.Range(0, 7).ToList().ForEach(i => harness.Send("in", 0, $"k{i}", "v"));
        await AppHarness.Until(() => harness.Values("out").Count == 7, "the results");
        await AppHarness.Until(
            () => measured.Sum("streamflow.thread.transactions", ("outcome", "committed")) > 0, "a transaction");
        Assert.Equal(0, measured.Sum("streamflow.thread.transactions", ("outcome", "aborted")));
        await before.DisposeAsync();

        await StartAsync(harness, "exact", Counts, configure: ExactlyOnce);
        await AppHarness.Until(
            () => measured.Pushed.Where(m => m.Name == "streamflow.task.restored").Sum(m => m.Value) == 7, "the restore");

        await AppHarness.Until(() => measured.Sum("streamflow.task.restore.remaining") is null, "nothing to restore");
    }

    [Fact]
    public async Task What_is_held_back_is_counted()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var measured = new Measured("held");
        await StartAsync(harness, "held", builder => builder.Table<string, string>("in")
            .Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromSeconds(10), BufferConfig.Unbounded))
            .ToStream().To("out"));
        harness.Send("in", 0, "a", "1", 1_000);
        harness.Send("in", 0, "b", "1", 2_000);
        await AppHarness.Until(() => measured.Sum("streamflow.suppress.buffered") == 2, "two that wait");

        harness.Send("in", 0, "c", "1", 20_000);
        await AppHarness.Until(() => measured.Sum("streamflow.suppress.emitted") == 2, "two that were let go");

        Assert.Equal(1, measured.Sum("streamflow.suppress.buffered"));
    }

    private static void ExactlyOnce(StreamFlowOptions options) => options.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce;

    private static void Counts(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream()
            .MapValues((_, count) => $"{count}").To("out");

    private static Task<StreamsApplication> StartAsync(
        AppHarness harness, string id, Action<StreamsBuilder> topology, MetricsLevel level = MetricsLevel.Info,
        Action<StreamFlowOptions>? configure = null) =>
        harness.StartAsync(topology, options =>
        {
            options.ApplicationId = id;
            options.MetricsLevel = level;
            configure?.Invoke(options);
        });
}
