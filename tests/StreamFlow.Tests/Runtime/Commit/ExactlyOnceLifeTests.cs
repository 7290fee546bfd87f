using StreamFlow.Clients;
using StreamFlow.Testing;
using Xunit.Abstractions;

namespace StreamFlow.Tests.Runtime;

/// <summary>Rebalances, fencing and crashes under exactly-once.</summary>
public sealed class ExactlyOnceLifeTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-eos-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Instances_that_join_and_leave_lose_and_repeat_nothing()
    {
        await using var harness = new AppHarness(("in", 4), ("out", 4));
        var first = await Start(harness, "first");
        CountingApplication.SendWave(harness, 0);
        await CountingApplication.UntilAllAreOut(harness);
        for (var wave = 1; wave <= 6; wave += 2)
        {
            CountingApplication.SendWave(harness, wave, 20);
            var second = await Start(harness, $"second-{wave}");
            CountingApplication.SendWave(harness, wave + 1, 20);
            await AppHarness.Until(() => second.State == StreamsState.Running && Tasks(second) > 0, "tasks that moved");
            await second.StopAsync();
            Assert.Null(second.Status.Error);
        }

        await CountingApplication.UntilAllAreOut(harness);
        await first.StopAsync();

        Assert.Null(first.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task A_member_expelled_from_the_group_goes_on_without_repeating_anything()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var first = await Start(harness, "first");
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        for (var wave = 0; wave < 10; wave++)
        {
            CountingApplication.SendWave(harness, wave, 20);
            harness.Kafka.ExpireMember("first-StreamThread-1-consumer");
            await AppHarness.Until(() => harness.Kafka.Assignment("app").Count == 1, "the member's return");
        }

        await CountingApplication.UntilAllAreOut(harness);

        Assert.Null(first.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task A_fenced_producer_is_replaced_and_its_tasks_go_on_from_the_last_commit()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var stores = new LastingStores(harness);
        var clients = new CrashingClients(harness.Kafka);
        var first = await Start(harness, "first", clients, stores);
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        for (var wave = 0; wave < 10; wave++)
        {
            CountingApplication.SendWave(harness, wave, 20);
            harness.Kafka.FenceProducer(clients.TransactionalIds[0]);
        }

        await CountingApplication.UntilAllAreOut(harness);

        Assert.Null(first.Status.Error);
        Assert.True(clients.TransactionalIds.Count > 1, "No producer was replaced.");
        Assert.Single(clients.TransactionalIds.Distinct());
        Assert.Equal($"app-{ProcessId()}-1", clients.TransactionalIds[0]);
        CountingApplication.AssertExact(harness);
        Assert.Empty(stores.Violations);
        Assert.True(stores.Writes > 0);
    }

    [Fact]
    public async Task A_transaction_that_the_broker_timed_out_is_done_again()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var clients = new CrashingClients(harness.Kafka);
        var first = await Start(harness, "first", clients, commit: TimeSpan.FromMilliseconds(200));
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        for (var wave = 0; wave < 5; wave++)
        {
            CountingApplication.SendWave(harness, wave, 20);
            await AppHarness.Until(
                () =>
                {
                    CountingApplication.SendWave(harness, wave, 1);
                    return harness.Kafka.HasOpenTransaction(clients.TransactionalIds[0]);
                },
                "an open transaction");
            ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromSeconds(11));
        }

        await CountingApplication.UntilAllAreOut(harness);

        Assert.Null(first.Status.Error);
        Assert.True(clients.TransactionalIds.Count > 1, "No transaction timed out.");
        CountingApplication.AssertExact(harness);
    }

    /// <summary>Each step of the commit, and many in between, is once the last thing that a process does.</summary>
    [Fact]
    public async Task A_crash_at_any_step_leaves_every_effect_once_after_the_restart()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var stores = new LastingStores(harness);
        var sent = 0;
        for (var steps = 1; steps <= 24; steps++)
        {
            var process = new CrashingClients(harness.Kafka);
            stores.Process = process;
            process.CrashAfter(steps);
            var application = await Start(harness, $"life-{steps}", process, stores);
            for (var more = 0; application.State != StreamsState.Error; more++)
            {
                // No more than a life has steps for: with a backlog, every life would end before its first commit.
                var committed = harness.Kafka.CommittedOffsets("app").GetValueOrDefault(new TopicPartition("in", 0)).Offset;
                if (more % 5 == 0 && sent - Math.Max(0, committed) <= 2)
                {
                    CountingApplication.SendWave(harness, steps, 1);
                    sent += 2;
                }

                Assert.True(more < 4000, $"Life {steps} does not end: {application.State}");
                await Task.Delay(5);
            }

            Assert.Contains("crashed", application.Status.Error!.ToString(), StringComparison.Ordinal);
        }

        stores.Process = null;
        await Start(harness, "last", null, stores);
        await CountingApplication.UntilAllAreOut(harness);

        CountingApplication.AssertExact(harness);
        Assert.Empty(stores.Violations);
        Assert.True(stores.Writes > 20, $"Only {stores.Writes} writes were checked.");
    }

    [Fact]
    public async Task Random_faults_leave_every_effect_once()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var harness = new AppHarness(("in", 3), ("out", 3));
        var stores = new LastingStores(harness);
        var clients = new CrashingClients(harness.Kafka);
        stores.Process = clients;
        var first = await Start(harness, "first", clients, stores);
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        var id = clients.TransactionalIds[0];
        StreamsApplication? second = null;
        for (var step = 0; step < 60; step++)
        {
            CountingApplication.SendWave(harness, step, random.Next(1, 6));
            switch (random.Next(8))
            {
                case 0:
                    harness.Kafka.FenceProducer(id);
                    break;
                case 1 when harness.Kafka.Assignment("app").ContainsKey("first-StreamThread-1-consumer"):
                    harness.Kafka.ExpireMember("first-StreamThread-1-consumer");
                    break;
                case 2 when second is null:
                    second = await Start(harness, $"second-{step}");
                    break;
                case 3 when second is not null:
                    await second.StopAsync();
                    second = null;
                    break;
                case 4:
                    var polls = 0;
                    clients.CrashAfter(random.Next(1, 30));
                    await AppHarness.Until(
                        () =>
                        {
                            PassTime(harness);
                            if (polls++ % 20 == 0)
                            {
                                CountingApplication.SendWave(harness, step, 1);
                            }

                            return first.State == StreamsState.Error;
                        },
                        $"the crash, seed {seed}");
                    clients = new CrashingClients(harness.Kafka);
                    stores.Process = clients;
                    first = await Start(harness, "first", clients, stores);
                    break;
                default:
                    Script(harness, random);
                    break;
            }

            await Task.Delay(random.Next(30));
        }

        await CountingApplication.UntilAllAreOut(harness, $"seed {seed}", () => PassTime(harness));
        Assert.Null(first.Status.Error);
        CountingApplication.AssertExact(harness, $" seed {seed}");
        Assert.Empty(stores.Violations);
    }

    /// <summary>
    /// What an instance leaves open whose abort fails as it stops is held until the broker times it out, on a clock that
    /// only this moves.
    /// </summary>
    private static void PassTime(AppHarness harness) =>
        ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromMilliseconds(100));

    private static void Script(AppHarness harness, Random random)
    {
        var call = random.Next(5) switch
        {
            0 => ClientCall.Produce,
            1 => ClientCall.InitTransactions,
            2 => ClientCall.SendOffsetsToTransaction,
            3 => ClientCall.CommitTransaction,
            _ => ClientCall.AbortTransaction,
        };
        var kind = (KafkaErrorKind)random.Next(4);
        var match = new FaultMatch { Nth = random.Next(1, 4), Times = random.Next(1, 3) };
        _ = random.Next(2) == 0
            ? harness.Kafka.Faults.Fail(call, kind, match)
            : harness.Kafka.Faults.LoseAnswer(call, kind, match);
    }

    private static int Tasks(StreamsApplication application) => application.Status.Threads.Sum(t => t.Tasks.Count);

    private string ProcessId()
    {
        using var document = System.Text.Json.JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(_folder, "app", "streamflow-process-metadata")));
        return document.RootElement.GetProperty("processId").GetString()!;
    }

    private Task<StreamsApplication> Start(
        AppHarness harness, string name, CrashingClients? clients = null, LastingStores? stores = null,
        TimeSpan? commit = null) =>
        harness.StartAsync(
            CountingApplication.Build,
            options =>
            {
                CountingApplication.ExactlyOnce(options);
                options.ClientId = name;
                options.CommitInterval = commit ?? options.CommitInterval;
                options.StateDirectory = _folder;
            },
            new StreamsServices { StoreBackend = stores },
            clients);
}
