using System.Globalization;
using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;
using Xunit.Abstractions;

namespace StreamFlow.IntegrationTests.Sample;

/// <summary>The sample as a worker that is killed, joined, stopped, and loses its broker. No order may be lost.</summary>
public abstract partial class WorkerTests(ClusterFixture fixture, ITestOutputHelper output)
{
    private static readonly TimeSpan ShortSession = TimeSpan.FromSeconds(3);

    /// <summary>Longer than any test waits: what happens happens before the session ends.</summary>
    private static readonly TimeSpan LongSession = TimeSpan.FromMinutes(4);

    [SkippableFact]
    public async Task A_worker_killed_again_and_again_loses_no_order()
    {
        const string Id = "killed";
        var random = Seeded(out var seed);
        var cluster = await PrepareAsync();
        using var state = new TempFolder();
        using var load = new OrderLoad(cluster, seed);
        load.Send(10_000);
        load.SendSteadily();
        for (var kills = 0; kills < 3; kills++)
        {
            using var victim = WorkerProcess.StartWorker(cluster, Id, state.Path, ShortSession);
            await victim.UntilRunningAsync();
            await Task.Delay(random.Next(1500));
            await victim.KillAsync();
        }

        await load.FinishAsync();
        using var last = WorkerProcess.StartWorker(cluster, Id, state.Path, ShortSession);
        await UntilNoLagAsync(cluster, Id, last);
        Assert.Equal(0, await last.TerminateAsync());
        ExpectNothingLost(load, OrderLoad.ReadCounts(cluster), exact: false);
    }

    [SkippableFact]
    public async Task A_killed_worker_has_its_partitions_back_before_its_session_ends()
    {
        const string Id = "static";
        _ = Seeded(out var seed);
        var cluster = await PrepareAsync();
        using var state = new TempFolder();
        using var load = new OrderLoad(cluster, seed);
        load.Send(2_000);
        using (var victim = WorkerProcess.StartWorker(cluster, Id, state.Path, LongSession))
        {
            await UntilNoLagAsync(cluster, Id, victim);
            await victim.KillAsync();
        }

        load.Send(2_000);
        await load.FinishAsync();
        using var next = WorkerProcess.StartWorker(cluster, Id, state.Path, LongSession);
        await UntilNoLagAsync(cluster, Id, next);
        await UntilMembersAsync(cluster, Id, [8], next);
        Assert.Equal(0, await next.TerminateAsync());
        ExpectNothingLost(load, OrderLoad.ReadCounts(cluster), exact: false);
    }

    [SkippableFact]
    public async Task A_restart_restores_only_what_the_local_state_lacks()
    {
        const string Id = "restored";
        _ = Seeded(out var seed);
        var cluster = await PrepareAsync();
        using var state = new TempFolder();
        using var load = new OrderLoad(cluster, seed);
        load.Send(5_000);
        await RunToTheEndAsync(cluster, Id, state.Path);
        using (var victim = WorkerProcess.StartWorker(cluster, Id, state.Path, ShortSession))
        {
            // The last stop was in order: local state is complete.
            await victim.UntilRunningAsync();
            Assert.Empty(Restores(victim));
            load.Send(5_000);
            await load.FinishAsync();
            await UntilNoLagAsync(cluster, Id, victim);
            await victim.KillAsync();
        }

        using var last = WorkerProcess.StartWorker(cluster, Id, state.Path, ShortSession);
        await last.UntilRunningAsync();
        var restores = Restores(last);
        Assert.Contains(restores, r => r.To > 0);
        Assert.All(restores.Where(r => r.To > 0), r => Assert.InRange(r.From, 1, r.To));
        Assert.All(restores, r => Assert.InRange(r.Applied, 0, r.To - r.From));
        Assert.Equal(0, await last.TerminateAsync());
        ExpectNothingLost(load, OrderLoad.ReadCounts(cluster), exact: false);
    }

    [SkippableFact]
    public async Task A_second_worker_that_joins_and_is_stopped_changes_no_count()
    {
        const string Id = "shared";
        _ = Seeded(out var seed);
        var cluster = await PrepareAsync();
        using var firstState = new TempFolder();
        using var secondState = new TempFolder();
        using var load = new OrderLoad(cluster, seed);
        load.SendSteadily();
        using var first = WorkerProcess.StartWorker(cluster, Id, firstState.Path, LongSession);
        await first.UntilRunningAsync();
        using (var second = WorkerProcess.StartWorker(cluster, Id, secondState.Path, LongSession))
        {
            await UntilMembersAsync(cluster, Id, [4, 4], first, second);
            await second.UntilRunningAsync();
            Assert.Equal(0, await second.TerminateAsync());
        }

        await UntilMembersAsync(cluster, Id, [8], first);
        await load.FinishAsync();
        await UntilNoLagAsync(cluster, Id, first);
        Assert.Equal(0, await first.TerminateAsync());
        ExpectNothingLost(load, OrderLoad.ReadCounts(cluster), exact: true);
    }

    [SkippableFact]
    public async Task A_second_worker_that_joins_and_is_killed_takes_no_order_with_it()
    {
        const string Id = "shared-killed";
        var random = Seeded(out var seed);
        var cluster = await PrepareAsync();
        using var firstState = new TempFolder();
        using var secondState = new TempFolder();
        using var load = new OrderLoad(cluster, seed);
        load.SendSteadily();
        using var first = WorkerProcess.StartWorker(cluster, Id, firstState.Path, ShortSession);
        await first.UntilRunningAsync();
        using (var second = WorkerProcess.StartWorker(cluster, Id, secondState.Path, ShortSession))
        {
            await UntilMembersAsync(cluster, Id, [4, 4], first, second);
            await second.UntilRunningAsync();
            await Task.Delay(random.Next(500));
            await second.KillAsync();
        }

        await UntilMembersAsync(cluster, Id, [8], first);
        await load.FinishAsync();
        await UntilNoLagAsync(cluster, Id, first);
        Assert.Equal(0, await first.TerminateAsync());
        ExpectNothingLost(load, OrderLoad.ReadCounts(cluster), exact: false);
    }

    [SkippableFact]
    public async Task A_worker_survives_restarts_of_the_broker()
    {
        const string Id = "broker-away";
        _ = Seeded(out var seed);
        var cluster = await PrepareAsync();
        using var state = new TempFolder();
        using var load = new OrderLoad(cluster, seed);
        load.SendSteadily();
        using var worker = WorkerProcess.StartWorker(cluster, Id, state.Path, LongSession);
        await worker.UntilRunningAsync();
        for (var i = 0; i < 2; i++)
        {
            var sent = load.Sent;
            await Until.TrueAsync(() => load.Sent > sent + 2000, "orders go on");
            await cluster.RestartAsync(() => Task.Delay(1000));
        }

        await load.FinishAsync();
        await UntilNoLagAsync(cluster, Id, worker);
        Assert.Equal(0, await worker.TerminateAsync());
        ExpectNothingLost(load, OrderLoad.ReadCounts(cluster), exact: false);
    }

    private static async Task RunToTheEndAsync(TestCluster cluster, string id, string state)
    {
        using var worker = WorkerProcess.StartWorker(cluster, id, state, ShortSession);
        await worker.UntilRunningAsync();
        await UntilNoLagAsync(cluster, id, worker);
        Assert.Equal(0, await worker.TerminateAsync());
    }

    private static async Task UntilNoLagAsync(TestCluster cluster, string id, WorkerProcess worker)
    {
        var probe = new Probe(cluster.BootstrapServers);
        await worker.UntilRunningAsync();

        // The second topic is written while the first is read, so the first must be at its end before.
        await Until.TrueAsync(() => probe.Lag(id, OrderLoad.Orders) == 0, "all orders are committed", () => worker.Output);
        await Until.TrueAsync(
            () => probe.Lag(id, $"{id}-by-category-repartition") == 0, "all categories are committed", () => worker.Output);
    }

    private static Task UntilMembersAsync(
        TestCluster cluster, string id, int[] partitions, params WorkerProcess[] workers) =>
        Until.TrueAsync(
            async () => (await new Probe(cluster.BootstrapServers).MembersAsync(id)).SequenceEqual(partitions),
            $"the members of {id} have {string.Join(" and ", partitions)} partitions",
            () => string.Join("\n---\n", workers.Select(w => w.Output)));

    private static List<(long From, long To, long Applied)> Restores(WorkerProcess worker)
    {
        long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
        var applied = RestoredLine().Matches(worker.Output)
            .ToDictionary(m => m.Groups["task"].Value, m => Number(m, "records"));
        return [.. RestoringLine().Matches(worker.Output)
            .Select(m => (Number(m, "from"), Number(m, "to"), applied[m.Groups["task"].Value]))];
    }

    [GeneratedRegex(@"Task (?<task>\S+): restoring store counts, changelog offsets (?<from>\d+) to (?<to>\d+)")]
    private static partial Regex RestoringLine();

    [GeneratedRegex(@"Task (?<task>\S+): store counts is restored, (?<records>\d+) records applied")]
    private static partial Regex RestoredLine();

    private void ExpectNothingLost(
        OrderLoad load, Dictionary<OrderRow, OrderTotal> found, bool exact)
    {
        var surplus = 0L;
        Assert.Equal(load.Expected.Keys.Order(RowOrder), found.Keys.Order(RowOrder));
        foreach (var (row, expected) in load.Expected)
        {
            var actual = found[row];
            Assert.True(
                actual == expected || (!exact && actual.Count > expected.Count && actual.Cents > expected.Cents),
                $"{row}: expected {expected}, found {actual}");
            surplus += actual.Count - expected.Count;
        }

        output.WriteLine($"{load.Sent} orders, {surplus} counted more than once");
    }

    private static readonly Comparer<OrderRow> RowOrder = Comparer<OrderRow>.Create((a, b) =>
        (a.Category, a.WindowStart).CompareTo((b.Category, b.WindowStart)));

    private async Task<TestCluster> PrepareAsync()
    {
        var cluster = await fixture.FreshAsync();
        await new Probe(cluster.BootstrapServers).CreateTopicsAsync(4, OrderLoad.Orders, OrderLoad.Counts);
        return cluster;
    }

    private Random Seeded(out int seed)
    {
        seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedWorkerTests(EmbeddedFixture fixture, ITestOutputHelper output) : WorkerTests(fixture, output);

[Collection(ApacheSampleGroup.Name)]
public sealed class ApacheWorkerTests(ApacheFixture fixture, ITestOutputHelper output) : WorkerTests(fixture, output);
