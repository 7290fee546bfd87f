using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Loss, revocation, fencing and the end, at the moments when they come least expected.</summary>
public sealed class ExactlyOnceEdgeTests : IDisposable
{
    private const string Consumer = "app-StreamThread-1-consumer";
    private const string RestoreConsumer = "app-StreamThread-1-restore-ends";
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-edges-").FullName;

    public static TheoryData<KafkaErrorKind, bool> CommitFailures()
    {
        var data = new TheoryData<KafkaErrorKind, bool>();
        foreach (var kind in new[] { KafkaErrorKind.Retriable, KafkaErrorKind.Migrated, KafkaErrorKind.Abortable, KafkaErrorKind.Fatal })
        {
            data.Add(kind, true);
            data.Add(kind, false);
        }

        return data;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Tasks_lost_with_a_transaction_open_come_back_without_a_trace_of_it()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var clients = new PickyClients(harness.Kafka, "out", int.MaxValue);
        var application = await StartAsync(harness, clients, commit: TimeSpan.FromSeconds(2));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        CountingApplication.SendWave(harness, 0);
        await UntilWritten(harness);
        harness.Kafka.ExpireMember(Consumer);
        await AppHarness.Until(() => clients.Aborts == 1, "the abort, long before the interval is over");
        await CountingApplication.UntilAllAreOut(harness);

        Assert.Equal(1, clients.Producers);
        await application.StopAsync();
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task Tasks_lost_while_they_restore_are_restored_when_they_come_back()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        await FillChangelogAsync(harness);
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.QueryOffsets, KafkaErrorKind.Retriable, new FaultMatch { ClientId = RestoreConsumer, Times = int.MaxValue });
        var application = await StartAsync(harness);
        await AppHarness.Until(() => IsRestoring(application) && fault.Hits > 0, "a restore that hangs");
        harness.Kafka.ExpireMember(Consumer);
        await AppHarness.Until(() => !harness.Kafka.Assignment("app").ContainsKey(Consumer) || fault.Hits > 1, "the loss");
        fault.Lift();
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stop_while_tasks_restore_or_the_id_is_unregistered_ends_in_order(bool restoring)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        await FillChangelogAsync(harness);
        var fault = restoring
            ? harness.Kafka.Faults.Fail(
                ClientCall.QueryOffsets, KafkaErrorKind.Retriable, new FaultMatch { ClientId = RestoreConsumer, Times = int.MaxValue })
            : harness.Kafka.Faults.Fail(
                ClientCall.InitTransactions, KafkaErrorKind.Retriable, new FaultMatch { Times = int.MaxValue });
        var second = await StartAsync(harness);
        await AppHarness.Until(() => fault.Hits > 0 && second.Status.Threads.Any(t => t.Tasks.Count == 2), "the hanging start");
        await second.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((StreamsState.NotRunning, (Exception?)null), (second.State, second.Status.Error));

        fault.Lift();
        await StartAsync(harness);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
        CountingApplication.AssertExact(harness);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rebalance_while_the_id_is_unregistered_moves_the_tasks(bool lost)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.InitTransactions, KafkaErrorKind.Retriable, new FaultMatch { Times = int.MaxValue, ClientId = "app-StreamThread-1-producer" });
        var first = await StartAsync(harness);
        CountingApplication.SendWave(harness, 0);
        await AppHarness.Until(() => fault.Hits > 0 && first.Status.Threads.Any(t => t.Tasks.Count == 2), "the hanging start");
        if (lost)
        {
            harness.Kafka.ExpireMember(Consumer);
        }

        var second = await StartAsync(harness, name: "second");
        await AppHarness.Until(() => second.State == StreamsState.Running && TasksOf(second) == 1, "a task that moved");
        fault.Lift();
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        Assert.Null(first.Status.Error);
        Assert.Null(second.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task A_stop_with_a_transaction_open_commits_it_and_one_that_cannot_leaves_nothing()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var first = await StartAsync(harness, commit: TimeSpan.FromSeconds(2));
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        CountingApplication.SendWave(harness, 0);
        await AppHarness.Until(
            () => harness.Kafka.Offsets(new TopicPartition("out", 0)).HighWatermark >= CountingApplication.Inputs(harness).Values.Sum(),
            "all records of an open transaction");
        await first.StopAsync();
        Assert.Null(first.Status.Error);
        CountingApplication.AssertExact(harness);

        var second = await StartAsync(harness, commit: TimeSpan.FromSeconds(2));
        await AppHarness.Until(() => second.State == StreamsState.Running, "running");
        var before = harness.Kafka.Offsets(new TopicPartition("out", 0)).HighWatermark;
        CountingApplication.SendWave(harness, 1);
        await AppHarness.Until(() => harness.Kafka.Offsets(new TopicPartition("out", 0)).HighWatermark > before, "a record");
        harness.Kafka.Faults.Fail(ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Abortable, new FaultMatch { Times = 1 });
        await second.StopAsync();
        Assert.Equal(StreamsState.NotRunning, second.State);
        var (_, stable, end) = harness.Kafka.Offsets(new TopicPartition("out", 0));
        Assert.Equal(end, stable);

        await StartAsync(harness);
        await CountingApplication.UntilAllAreOut(harness);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task A_producer_fenced_with_a_transaction_open_while_a_task_restores_is_replaced()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        await FillChangelogAsync(harness);
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.QueryOffsets, KafkaErrorKind.Retriable, new FaultMatch { ClientId = RestoreConsumer, Nth = 2, Times = int.MaxValue });
        var clients = new CrashingClients(harness.Kafka);
        var application = await StartAsync(harness, clients, commit: TimeSpan.FromSeconds(2));
        await AppHarness.Until(() => fault.Hits > 0, "a restore that hangs");
        CountingApplication.SendWave(harness, 1);
        harness.Kafka.FenceProducer(clients.TransactionalIds[0]);
        fault.Lift();
        await CountingApplication.UntilAllAreOut(harness);

        Assert.True(clients.TransactionalIds.Count > 1, "No producer was replaced.");
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    /// <summary>The commit of a revocation fails once; the partitions go, and both members go on.</summary>
    [Theory]
    [MemberData(nameof(CommitFailures))]
    public async Task A_commit_that_fails_in_a_rebalance_callback_neither_parks_nor_kills_the_thread(
        KafkaErrorKind kind, bool exactlyOnce)
    {
        await using var harness = new AppHarness(("in", 4), ("out", 4));
        var first = await StartAsync(harness, commit: TimeSpan.FromSeconds(2), exactlyOnce: exactlyOnce);
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        CountingApplication.SendWave(harness, 0);
        await UntilWritten(harness);
        var fault = harness.Kafka.Faults.Fail(
            exactlyOnce ? ClientCall.SendOffsetsToTransaction : ClientCall.CommitOffsets, kind);
        var second = await StartAsync(harness, name: "second", exactlyOnce: exactlyOnce);
        await AppHarness.Until(
            () => fault.IsSpent && TasksOf(first) == 2 && TasksOf(second) == 2
                && first.State == StreamsState.Running && second.State == StreamsState.Running,
            "tasks that moved, and both run");
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        await first.StopAsync();
        await second.StopAsync();
        Assert.Null(first.Status.Error);
        Assert.Null(second.Status.Error);
        if (exactlyOnce)
        {
            CountingApplication.AssertExact(harness);
        }
    }

    /// <summary>That positions are not committed is no harm; that a record is lost must not be forgotten with the rebalance.</summary>
    [Fact]
    public async Task A_lost_record_that_shows_in_a_rebalance_callback_ends_the_thread()
    {
        await using var harness = new AppHarness(("in", 4), ("out", 4));
        var first = await StartAsync(harness, commit: TimeSpan.FromHours(1), exactlyOnce: false, cache: 1_000_000);
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        CountingApplication.SendWave(harness, 0);
        await Task.Delay(300);
        var fault = harness.Kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Refused, new FaultMatch { Topic = "out" });
        await StartAsync(harness, name: "second", exactlyOnce: false);

        await AppHarness.Until(() => first.State == StreamsState.Error, "the failure");

        Assert.True(fault.IsSpent);
        Assert.Contains("failed in a rebalance", first.Status.Error!.Message, StringComparison.Ordinal);
        await CountingApplication.UntilAllAreOut(harness);
    }

    private static int TasksOf(StreamsApplication application) => application.Status.Threads.Sum(t => t.Tasks.Count);

    private static bool IsRestoring(StreamsApplication application) =>
        application.Status.Threads.Any(t => t.Tasks.Any(task => task.State == TaskState.Restoring));

    private static Task UntilWritten(AppHarness harness) => AppHarness.Until(
        () => Enumerable.Range(0, harness.Kafka.PartitionCount("out"))
            .Any(p => harness.Kafka.Offsets(new TopicPartition("out", p)).HighWatermark > 0),
        "a record of an open transaction");

    private async Task FillChangelogAsync(AppHarness harness)
    {
        var application = await StartAsync(harness);
        CountingApplication.SendWave(harness, 0);
        await CountingApplication.UntilAllAreOut(harness);
        await application.StopAsync();
    }

    private Task<StreamsApplication> StartAsync(
        AppHarness harness, IKafkaClients? clients = null, TimeSpan? commit = null, string name = "app", bool exactlyOnce = true,
        long cache = 0) =>
        harness.StartAsync(
            CountingApplication.Build,
            options =>
            {
                CountingApplication.ExactlyOnce(options);
                options.ProcessingGuarantee = exactlyOnce ? ProcessingGuarantee.ExactlyOnce : ProcessingGuarantee.AtLeastOnce;
                options.CacheMaxBytes = cache;
                options.ClientId = name;
                options.CommitInterval = commit ?? options.CommitInterval;
                options.StateDirectory = Path.Combine(_folder, name);
            },
            clients: clients);
}
