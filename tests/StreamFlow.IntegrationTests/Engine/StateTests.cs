using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.RocksDb;
using StreamFlow.State;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>State on real clients: counted, restored, rebuilt, locked.</summary>
public abstract class StateTests(ClusterFixture fixture)
{
    private const string In = "in";
    private const string Out = "out";
    private const string Changelog = "-counts-changelog";
    private const string Repartition = "-words-repartition";

    /// <summary>Of today: the broker deletes changelog records whose window is out of retention.</summary>
    private static readonly long Start = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 600_000 * 600_000;

    [SkippableTheory]
    [InlineData(true, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(false, ProcessingGuarantee.AtLeastOnce)]
    [InlineData(true, ProcessingGuarantee.ExactlyOnce)]
    public async Task Windowed_counts_go_on_exactly_after_a_restart(bool persistent, ProcessingGuarantee guarantee)
    {
        var id = (persistent ? "windowed-rocksdb-" : "windowed-memory-") + guarantee;
        using var folder = new TempFolder();
        var setup = new Setup
        {
            Id = id,
            StateDirectory = persistent ? folder.Path : null,
            Configure = o => o.ProcessingGuarantee = guarantee,
        };
        await using var harness = await PrepareAsync();
        SendWords(harness, 3000);
        await RunToTheEndAsync(harness, setup);
        Assert.Equal(Expected(3000), ReadWindows(harness));

        SendWords(harness, 3000);
        var lines = harness.Log.Count;
        await RunToTheEndAsync(harness, setup);
        Assert.Equal(Expected(6000), ReadWindows(harness));
        var restores = harness.Log.Skip(lines).Where(l => l.Contains("records applied", StringComparison.Ordinal)).ToList();

        // A restore of nothing is not told; one of nothing but the ends of transactions is.
        Assert.Equal(persistent, restores.TrueForAll(l => l.Contains(", 0 records applied", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public async Task Local_state_wiped_by_hand_is_rebuilt_from_the_changelog()
    {
        using var folder = new TempFolder();
        var setup = new Setup { Id = "wiped", StateDirectory = folder.Path };
        await using var harness = await PrepareAsync();
        SendWords(harness, 900);
        await RunToTheEndAsync(harness, setup);

        Directory.Delete(Path.Combine(folder.Path, "wiped"), recursive: true);
        SendWords(harness, 900);
        await RunToTheEndAsync(harness, setup);

        Assert.Equal(Expected(1800), ReadWindows(harness));
    }

    [SkippableFact]
    public async Task A_changelog_that_was_recreated_makes_the_state_be_rebuilt_with_a_warning()
    {
        using var folder = new TempFolder();
        var setup = new Setup { Id = "recreated", StateDirectory = folder.Path };
        await using var harness = await PrepareAsync();
        SendWords(harness, 900);
        await RunToTheEndAsync(harness, setup);

        await harness.Probe.DeleteTopicsAsync("recreated" + Changelog);
        SendWords(harness, 900);
        await RunToTheEndAsync(harness, setup);

        // What only the changelog knew is gone with it; what comes is counted from nothing, and the log says why.
        Assert.Equal(Expected(900), ReadWindows(harness));
        Assert.Contains(harness.Log, l => l.Contains("made anew, or of another cluster", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_state_directory_of_another_process_is_refused_by_name()
    {
        ExternalTool.Require("flock", "--version");
        using var folder = new TempFolder();
        await using var harness = await PrepareAsync();
        var mine = Directory.CreateDirectory(Path.Combine(folder.Path, "locked")).FullName;
        using var other = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("flock", ["--no-fork", Path.Combine(mine, ".lock"), "sh", "-c", "echo held; exec sleep 300"])
            {
                RedirectStandardOutput = true,
            })!;
        try
        {
            Assert.Equal("held", await other.StandardOutput.ReadLineAsync());
            var application = harness.Create(Words, new Setup { Id = "locked", StateDirectory = folder.Path });

            var error = await Assert.ThrowsAsync<StateStoreException>(() => application.StartAsync());

            Assert.Contains(mine, error.Message, StringComparison.Ordinal);
            Assert.Contains("another process", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            other.Kill();
        }
    }

    [SkippableFact]
    public async Task A_task_without_state_works_while_another_restores()
    {
        using var folder = new TempFolder();
        await using var harness = await PrepareAsync();
        await harness.Probe.CreateTopicsAsync(1, "plain-in", "plain-out");
        void Both(StreamsBuilder builder)
        {
            Words(builder);
            builder.Stream<string, string>("plain-in").MapValues(v => v + "!").To("plain-out");
        }

        SendWords(harness, 900);
        var setup = new Setup { Id = "beside", StateDirectory = folder.Path };
        await RunToTheEndAsync(harness, setup, Both);
        Directory.Delete(Path.Combine(folder.Path, "beside"), recursive: true);

        using var gate = new GatedFactory();
        var application = await harness.StartAsync(Both, setup with { StoreBackend = gate });
        harness.Probe.Produce("plain-in", ("k", "hello", 1));
        await harness.UntilAsync(() => harness.Probe.ReadAll("plain-out").Count == 1, "the plain record");
        await harness.UntilAsync(() => gate.Waits, "the restore writes");
        Assert.Equal(StreamsState.Rebalancing, application.State);

        gate.Open();
        SendWords(harness, 900);
        await harness.UntilRunningAsync(application);
        await harness.UntilNoLagAsync("beside", In, "beside" + Repartition);
        await application.StopAsync();
        Assert.Equal(Expected(1800), ReadWindows(harness));
    }

    /// <summary>Groups join, restore and leave all the time here; every stop is in order, so counts stay exact.</summary>
    [SkippableFact]
    public async Task Instances_that_come_and_go_while_they_restore_change_no_count()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        await using var harness = await PrepareAsync();
        var setup = new Setup
        {
            Id = "churn",
            Configure = o => o.NumStreamThreads = 2,
            Consumer = new() { ["session.timeout.ms"] = "6000", ["heartbeat.interval.ms"] = "500" },
        };
        SendWords(harness, 3000);
        var sent = 3000;
        var running = new List<StreamsApplication> { await harness.StartAsync(Words, setup) };
        for (var round = 0; round < 8; round++)
        {
            if (running.Count == 1 || (running.Count < 3 && random.Next(2) == 0))
            {
                running.Add(await harness.StartAsync(Words, setup));
            }
            else
            {
                var leaving = running[random.Next(running.Count)];
                running.Remove(leaving);
                await leaving.StopAsync();
                Assert.True(leaving.State == StreamsState.NotRunning, $"seed {seed}: {leaving.Status.Error}");
            }

            SendWords(harness, 300);
            sent += 300;
            await Task.Delay(random.Next(400));
        }

        await harness.UntilNoLagAsync("churn", In);
        await harness.UntilNoLagAsync("churn", "churn" + Repartition);
        foreach (var application in running)
        {
            await application.StopAsync();
        }

        var found = ReadWindows(harness);
        Assert.True(
            Expected(sent).SequenceEqual(found),
            $"seed {seed}: {sent} sent, {harness.Probe.ReadAll("churn" + Repartition).Count} repartitioned, other counts: "
            + $"{string.Join(' ', found.Except(Expected(sent)))} not {string.Join(' ', Expected(sent).Except(found))}\n{harness.LogText}");
    }

    private static void Words(StreamsBuilder builder) => builder.Stream<string, string>(In)
        .GroupBy((_, word) => word, new() { Name = "words" })
        .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)))
        .Count(new() { Name = "counts" })
        .ToStream()
        .To(Out);

    private static async Task RunToTheEndAsync(
        EngineHarness harness, Setup setup, Action<StreamsBuilder>? topology = null)
    {
        var application = await harness.StartAsync(topology ?? Words, setup);
        await harness.UntilRunningAsync(application);
        await harness.UntilNoLagAsync(setup.Id, In);
        await harness.UntilNoLagAsync(setup.Id, setup.Id + Repartition);
        await application.StopAsync();
        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    /// <summary>Ten words, each as often as the others, over three windows.</summary>
    private static void SendWords(EngineHarness harness, int count) => harness.Probe.Produce(
        In, [.. Enumerable.Range(0, count).Select(i => ($"k{i}", $"word{i % 10}", Start + (i / 10 % 3 * 10_000)))]);

    private static List<string> Expected(int count) =>
        [.. Enumerable.Range(0, 10).SelectMany(word => Enumerable.Range(0, 3)
            .Select(window => string.Create(CultureInfo.InvariantCulture, $"word{word}@{Start + (window * 10_000)}={count / 30}")))
            .Order(StringComparer.Ordinal)];

    /// <summary>The last value of each windowed key: the key's bytes, the window's start, a big-endian long.</summary>
    private static List<string> ReadWindows(EngineHarness harness)
    {
        var last = new Dictionary<string, long>();
        foreach (var result in harness.Probe.ReadAll(Out))
        {
            var key = result.Message.Key.AsSpan();
            var start = BinaryPrimitives.ReadInt64BigEndian(key[^8..]);
            last[$"{Encoding.UTF8.GetString(key[..^8])}@{start}"] = BinaryPrimitives.ReadInt64BigEndian(result.Message.Value);
        }

        return [.. last.Select(l => $"{l.Key}={l.Value}").Order(StringComparer.Ordinal)];
    }

    private static void Check(bool condition) => Assert.True(condition);

    private async Task<EngineHarness> PrepareAsync()
    {
        var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(4, In, Out);
        return harness;
    }

    /// <summary>RocksDB whose writes wait until they may go on.</summary>
    private sealed class GatedFactory : IStoreBackendFactory, IDisposable
    {
        private readonly RocksDbBackendFactory _inner = new();
        private readonly ManualResetEventSlim _open = new();
        private volatile bool _waits;

        public bool Waits => _waits;

        public void Open() => _open.Set();

        public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames) =>
            new Gated(this, _inner.Open(taskId, directory, storeNames));

        public void Dispose() => _open.Dispose();

        private void Wait()
        {
            _waits = true;
            Check(_open.Wait(Until.Deadline));
        }

        private sealed class Gated(GatedFactory factory, IStoreBackend inner) : IStoreBackend
        {
            public bool IsPersistent => inner.IsPersistent;

            public IReadOnlyList<IByteStore> Stores => inner.Stores;

            public bool TryGetChangelogOffset(int store, out long offset) => inner.TryGetChangelogOffset(store, out offset);

            public void Write(StoreBatch batch)
            {
                factory.Wait();
                inner.Write(batch);
            }

            public void Flush() => inner.Flush();

            public void Dispose() => inner.Dispose();
        }
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedStateTests(EmbeddedFixture fixture) : StateTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheStateTests(ApacheFixture fixture) : StateTests(fixture);
