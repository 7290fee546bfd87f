using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StreamFlow.Clients;
using StreamFlow.Hosting.Tests.Support;

namespace StreamFlow.Hosting.Tests;

public sealed class StreamFlowHealthCheckTests
{
    private static readonly ThreadStatus Joining = new("t-1", false, HasJoined: false, 0, []);
    private static readonly ThreadStatus Opening = new("t-1", false, HasJoined: true, 0, [Task(0, TaskState.Created)]);
    private static readonly ThreadStatus Restoring =
        new("t-2", false, HasJoined: true, 70, [Task(1, TaskState.Restoring), Task(2, TaskState.Running)]);

    private static readonly ThreadStatus Settled = new("t-3", true, HasJoined: true, 0, [Task(3, TaskState.Running)]);

    public static TheoryData<StreamsState, string, string, HealthStatus> Phases() => new()
    {
        { StreamsState.Created, "", "starting", HealthStatus.Degraded },
        { StreamsState.Rebalancing, "", "starting", HealthStatus.Degraded },
        { StreamsState.Rebalancing, "joining", "starting", HealthStatus.Degraded },
        { StreamsState.Rebalancing, "joining settled", "starting", HealthStatus.Degraded },
        { StreamsState.Rebalancing, "joining restoring", "restoring", HealthStatus.Degraded },
        { StreamsState.Rebalancing, "opening restoring settled", "restoring", HealthStatus.Degraded },
        { StreamsState.Rebalancing, "opening settled", "rebalancing", HealthStatus.Degraded },
        { StreamsState.Running, "settled", "running", HealthStatus.Healthy },
        { StreamsState.PendingShutdown, "settled", "stopping", HealthStatus.Degraded },
        { StreamsState.PendingShutdown, "restoring", "stopping", HealthStatus.Degraded },
        { StreamsState.NotRunning, "", "stopped", HealthStatus.Unhealthy },
        { StreamsState.PendingError, "restoring", "failed", HealthStatus.Unhealthy },
        { StreamsState.Error, "", "failed", HealthStatus.Unhealthy },
    };

    [Theory]
    [MemberData(nameof(Phases))]
    public void Evaluate_tells_the_phases_apart(StreamsState state, string threads, string phase, HealthStatus expected)
    {
        var kinds = threads.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var status = new StreamsStatus(state, [.. kinds.Select(Thread)], null);

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal(phase, result.Data["phase"]);
        Assert.Equal(expected, result.Status);
        Assert.Equal(state.ToString(), result.Data["state"]);
        Assert.StartsWith("orders: " + phase, result.Description, StringComparison.Ordinal);
    }

    /// <summary>No restart helps, so the status stays; but nobody can overlook it.</summary>
    [Fact]
    public void Evaluate_hands_out_warnings_and_stays_healthy()
    {
        var status = new StreamsStatus(StreamsState.Running, [Settled], null) { Warnings = ["The keys of topic 'sites' lie elsewhere."] };

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal("orders: running. The keys of topic 'sites' lie elsewhere", result.Description);
        Assert.Equal(status.Warnings, result.Data["warnings"]);
    }

    [Fact]
    public void Phases_cover_every_state() =>
        Assert.Equal(Enum.GetValues<StreamsState>(), Phases().Select(row => (StreamsState)row[0]).Distinct().Order());

    /// <summary>An outage passes by itself: it is no reason to kill the process, which would find no broker either.</summary>
    [Theory]
    [InlineData(StreamsState.Running, "settled", "disconnected")]
    [InlineData(StreamsState.Rebalancing, "joining", "disconnected")]
    [InlineData(StreamsState.Rebalancing, "", "starting")]
    [InlineData(StreamsState.PendingShutdown, "settled", "stopping")]
    public void Evaluate_tells_of_an_outage_since_when_where_and_why(StreamsState state, string threads, string phase)
    {
        var since = new DateTimeOffset(2026, 5, 1, 10, 20, 30, TimeSpan.Zero);
        var status = new StreamsStatus(
            state, [.. threads.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Thread)], null)
        {
            Outage = new BrokerOutage(since, "broker:9092", "Connection refused"),
        };

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal((phase, HealthStatus.Degraded), (result.Data["phase"], result.Status));
        Assert.Equal(since, result.Data["disconnected.since"]);
        Assert.Equal("broker:9092", result.Data["disconnected.servers"]);
        Assert.Equal("Connection refused", result.Data["disconnected.reason"]);
        if (phase != "stopping")
        {
            Assert.Contains("broker:9092", result.Description, StringComparison.Ordinal);
            Assert.Contains("2026-05-01 10:20:30Z", result.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Evaluate_tells_of_what_this_instance_has_and_does_not_process()
    {
        var status = new StreamsStatus(
            StreamsState.Running, [Settled, Settled with { Name = "t-4", HangingTransaction = TimeSpan.FromSeconds(8.5) }], null)
        {
            Stuck =
            [
                new UnreadPartition(new TopicPartition("in", 1), 5, TimeSpan.FromSeconds(70)),
                new UnreadPartition(new TopicPartition("in", 2), 2, TimeSpan.FromSeconds(90)),
            ],
        };

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal(("stuck", HealthStatus.Degraded), (result.Data["phase"], result.Status));
        Assert.Equal(["in-1", "in-2"], (IEnumerable<string>)result.Data["stuck.partitions"]);
        Assert.Equal((7L, 90L, 8L), (result.Data["stuck.records"], result.Data["stuck.seconds"], result.Data["transaction.seconds"]));
        Assert.Equal(
            "orders: stuck, in-1 has 5 records that are not read, without progress for 70 s. in-2 has 2 records that are not read, without "
            + "progress for 90 s. the transaction of t-4 has been open for 8 s; the broker aborts it at TransactionTimeout",
            result.Description);
    }

    [Fact]
    public void Evaluate_tells_of_a_transaction_alone()
    {
        var status = new StreamsStatus(StreamsState.Running, [Settled with { HangingTransaction = TimeSpan.FromSeconds(8) }], null);

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal(("stuck", HealthStatus.Degraded), (result.Data["phase"], result.Status));
        Assert.DoesNotContain("stuck.partitions", result.Data.Keys);
    }

    [Fact]
    public void Evaluate_tells_of_partitions_that_others_do_not_read()
    {
        var status = new StreamsStatus(StreamsState.Running, [Settled], null)
        {
            Unread =
            [
                new UnreadPartition(new TopicPartition("in", 1), 5, TimeSpan.FromSeconds(12)) { Member = "other at host" },
                new UnreadPartition(new TopicPartition("in", 2), 2, TimeSpan.FromSeconds(30)),
            ],
        };

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal(("unread", HealthStatus.Degraded), (result.Data["phase"], result.Status));
        Assert.Equal(["in-1", "in-2"], (IEnumerable<string>)result.Data["unread.partitions"]);
        Assert.Equal((7L, 30L), (result.Data["unread.records"], result.Data["unread.seconds"]));
        Assert.Contains("in-1 has 5 records that are not read, without progress for 12 s; it is with other at host", result.Description,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_counts_tasks_and_what_is_left_to_restore()
    {
        var status = new StreamsStatus(StreamsState.Rebalancing, [Restoring, Settled, Restoring], null);

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal("orders: restoring, 140 changelog records to go", result.Description);
        Assert.Equal(140L, result.Data["restore.remaining"]);
        Assert.Equal(3, result.Data["threads"]);
        Assert.Equal(3, result.Data["tasks.running"]);
        Assert.Equal(2, result.Data["tasks.restoring"]);
        Assert.False(result.Data.ContainsKey("error"));
    }

    /// <summary>The pod must not be killed while it restores, nor be asked for rows; both for one that has failed.</summary>
    [Theory]
    [InlineData(StreamsState.Created, "", HealthStatus.Healthy, HealthStatus.Unhealthy)]
    [InlineData(StreamsState.Rebalancing, "restoring", HealthStatus.Healthy, HealthStatus.Unhealthy)]
    [InlineData(StreamsState.Running, "settled", HealthStatus.Healthy, HealthStatus.Healthy)]
    [InlineData(StreamsState.PendingShutdown, "settled", HealthStatus.Healthy, HealthStatus.Unhealthy)]
    [InlineData(StreamsState.NotRunning, "", HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    [InlineData(StreamsState.Error, "", HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    public void Probes_tell_a_dead_application_from_one_that_is_not_ready(
        StreamsState state, string threads, HealthStatus live, HealthStatus ready)
    {
        var kinds = threads.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var status = new StreamsStatus(state, [.. kinds.Select(Thread)], null) { Problems = ["A stranger is in the group."] };

        Assert.Equal(live, StreamFlowProbe.Live(status, "orders", HealthStatus.Unhealthy).Status);
        Assert.Equal(ready, StreamFlowProbe.Ready(status, "orders", HealthStatus.Unhealthy).Status);
    }

    [Fact]
    public void A_thread_that_its_group_has_given_up_ends_the_life_of_the_process()
    {
        var stalled = Settled with { Stalled = new StalledWork("processing", TimeSpan.FromMinutes(6)) { IsLeftBehind = true } };
        var slow = Settled with { Stalled = new StalledWork("processing", TimeSpan.FromMinutes(2)) };

        Assert.Equal(HealthStatus.Unhealthy, Live(stalled));
        Assert.Equal(HealthStatus.Healthy, Live(slow));

        static HealthStatus Live(ThreadStatus thread) =>
            StreamFlowProbe.Live(new StreamsStatus(StreamsState.Running, [thread], null), "orders", HealthStatus.Unhealthy).Status;
    }

    [Fact]
    public void Evaluate_tells_who_was_pushed_out_from_what_is_broken()
    {
        var error = new KafkaClientException("Another member has the identity 'a-1'.", KafkaErrorKind.InstanceFenced);

        var fenced = StreamFlowHealthCheck.Evaluate(new StreamsStatus(StreamsState.Error, [], error), "orders", HealthStatus.Unhealthy);

        Assert.Equal("fenced", fenced.Data["phase"]);
        Assert.Equal(HealthStatus.Unhealthy, fenced.Status);
        Assert.Contains("another instance has its identity", fenced.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probes_are_registered_for_each_application_with_their_tags()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddHealthChecks().AddStreamFlowProbes().AddStreamFlowProbes();
        services.AddStreamFlow("orders", (builder, _) => builder.Stream<string, string>("in").To("out"), options => options.BootstrapServers = "localhost:1");
        await using var provider = services.BuildServiceProvider();

        var registrations = provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.Equal(
            ["streamflow-orders-live live", "streamflow-orders-ready ready"],
            registrations.Select(r => $"{r.Name} {string.Join(' ', r.Tags)}").Order());
    }

    [Fact]
    public void Evaluate_hands_out_the_error_with_the_failure_status_of_the_registration()
    {
        var error = new StreamsException("disk full");

        var failed = StreamFlowHealthCheck.Evaluate(
            new StreamsStatus(StreamsState.Error, [], error), "orders", HealthStatus.Degraded);
        var replaced = StreamFlowHealthCheck.Evaluate(
            new StreamsStatus(StreamsState.Running, [Settled], error), "orders", HealthStatus.Degraded);

        Assert.Equal(HealthStatus.Degraded, failed.Status);
        Assert.Same(error, failed.Exception);
        Assert.Equal(HealthStatus.Healthy, replaced.Status);
        Assert.Equal("disk full [SF0901]", replaced.Data["error"]);
    }

    [Theory]
    [InlineData(StreamsState.Running, false, HealthStatus.Degraded)]
    [InlineData(StreamsState.Rebalancing, false, HealthStatus.Degraded)]
    [InlineData(StreamsState.Running, true, HealthStatus.Unhealthy)]
    public void Evaluate_names_the_record_that_a_thread_stands_still_at(StreamsState state, bool isLeftBehind, HealthStatus expected)
    {
        var stalled = Settled with
        {
            Stalled = new StalledWork("processing record in-0 offset 42 of task 0_3", TimeSpan.FromSeconds(90))
            {
                IsLeftBehind = isLeftBehind,
            },
        };

        var result = StreamFlowHealthCheck.Evaluate(
            new StreamsStatus(state, [Settled, stalled], null), "orders", HealthStatus.Unhealthy);

        Assert.Equal((expected, "stalled"), (result.Status, result.Data["phase"]));
        Assert.Equal("orders: stalled, t-3 has been processing record in-0 offset 42 of task 0_3 for 90 s", result.Description);
        Assert.Equal(("t-3", 90L), (result.Data["stalled.thread"], result.Data["stalled.seconds"]));
    }

    [Fact]
    public void Evaluate_names_the_record_that_the_thread_of_global_tables_stands_still_at()
    {
        var result = StreamFlowHealthCheck.Evaluate(
            new StreamsStatus(StreamsState.Running, [Settled], null)
            {
                GlobalThread = new GlobalThreadStatus("orders-GlobalStreamThread")
                {
                    Stalled = new StalledWork("processing record rows-0 offset 42 of task 1_0", TimeSpan.FromSeconds(90)),
                },
            },
            "orders",
            HealthStatus.Unhealthy);

        Assert.Equal((HealthStatus.Degraded, "stalled"), (result.Status, result.Data["phase"]));
        Assert.Equal(
            "orders: stalled, orders-GlobalStreamThread has been processing record rows-0 offset 42 of task 1_0 for 90 s", result.Description);
        Assert.Equal("orders-GlobalStreamThread", result.Data["stalled.thread"]);
    }

    [Fact]
    public void Evaluate_tells_when_a_record_was_finished_last()
    {
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var record = new RecordPosition(new TopicPartition("in", 0), 41);
        var busy = Settled with { Tasks = [Settled.Tasks[0] with { LastFinished = at, LastRecord = record }] };

        var result = StreamFlowHealthCheck.Evaluate(
            new StreamsStatus(StreamsState.Running, [Settled, busy], null), "orders", HealthStatus.Unhealthy);

        Assert.Equal((at, "in-0 offset 41"), (result.Data["last.finished"], result.Data["last.record"]));
    }

    [Theory]
    [InlineData(1, "running", HealthStatus.Healthy)]
    [InlineData(2, "failing", HealthStatus.Degraded)]
    public void Evaluate_does_not_call_healthy_what_fails_again_and_again(int failures, string phase, HealthStatus expected)
    {
        var status = new StreamsStatus(StreamsState.Running, [Settled], new StreamsException("poison")) { FailuresInARow = failures };

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal((expected, phase, failures), (result.Status, result.Data["phase"], result.Data["threads.failures"]));
        Assert.Equal("poison [SF0901]", result.Data["error"]);
    }

    [Fact]
    public void Evaluate_is_unhealthy_while_somebody_has_to_mend_something()
    {
        var status = new StreamsStatus(StreamsState.Running, [Settled], null) { Problems = ["A stranger is in the group", "a second"] };

        var result = StreamFlowHealthCheck.Evaluate(status, "orders", HealthStatus.Unhealthy);

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("orders: running. A stranger is in the group. a second", result.Description);
        Assert.Equal("running", result.Data["phase"]);
        Assert.Equal(status.Problems, result.Data["problems"]);
    }

    [Fact]
    public async Task A_stranger_in_the_group_is_told_by_the_check()
    {
        await using var host = new TestHost("in", "out").Add("one", Topologies.Shout);
        host.Services.AddHealthChecks().AddStreamFlow();
        await host.StartAsync();
        using var guest = host.Kafka.CreateConsumer(new("console-consumer", "one", null, ReadCommitted: false, "earliest"));
        guest.Subscribe(["in"], ["in"], new Taker());
        var checks = host.Host.Services.GetRequiredService<HealthCheckService>();

        await TestHost.Until(
            () =>
            {
                guest.Poll(TimeSpan.Zero);
                return host.Application("one").Status.Problems.Count == 1;
            },
            "the stranger is seen");

        var entry = (await checks.CheckHealthAsync()).Entries["streamflow-one"];
        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("console-consumer", entry.Description, StringComparison.Ordinal);
        Assert.NotEqual(0, host.Logged("Error Application one: A stranger is in the group"));
    }

    [Fact]
    public async Task Checks_follow_a_host_through_its_life_whichever_was_added_first()
    {
        await using var host = new TestHost("in", "out", "out2");
        host.Services.AddHealthChecks().AddStreamFlow().AddStreamFlow();
        host.Add("one", Topologies.Shout).Add("two", builder => Topologies.Shout(builder, "in", "out2"));
        var checks = host.Host.Services.GetRequiredService<HealthCheckService>();

        var before = await checks.CheckHealthAsync();
        await host.StartAsync();
        await TestHost.Until(
            () => new[] { "one", "two" }.All(name => host.Application(name).State == StreamsState.Running), "running");
        var during = await checks.CheckHealthAsync();
        await host.StopAsync();
        var after = await checks.CheckHealthAsync();

        Assert.Equal(["streamflow-one", "streamflow-two"], before.Entries.Keys.Order());
        Expect(before, HealthStatus.Degraded, "starting");
        Expect(during, HealthStatus.Healthy, "running");
        Expect(after, HealthStatus.Unhealthy, "stopped");
        Assert.All(during.Entries.Values, e => Assert.Contains("streamflow", e.Tags));
    }

    private static void Expect(HealthReport report, HealthStatus status, string phase) =>
        Assert.All(report.Entries.Values, e => Assert.Equal((status, phase), (e.Status, e.Data["phase"])));

    private static ThreadStatus Thread(string kind) => kind switch
    {
        "joining" => Joining,
        "opening" => Opening,
        "restoring" => Restoring,
        "settled" => Settled,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown thread."),
    };

    private static StreamTaskStatus Task(int partition, TaskState state) => new(new TaskId(0, partition), state);

    private sealed class Taker : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders) =>
            [.. leaders.Select(l => new PartitionOffset(l, PartitionOffset.Stored))];

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) => leaders;

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => leaders;
    }
}
