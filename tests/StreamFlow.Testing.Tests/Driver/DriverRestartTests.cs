using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing.Tests.Differential;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>Every kind of state outlives the application: what comes out is what would have come without an end.</summary>
public sealed class DriverRestartTests
{
    private static readonly StreamFlowOptions ExactlyOnce = new()
    {
        ApplicationId = "app", ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce, CacheMaxBytes = 0,
    };

    public static TheoryData<string> Scenarios => StoreScenarios.Names;

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Restarts_with_stores_in_memory_are_not_seen(string scenario) =>
        AssertNotSeen(scenario, StoreType.InMemory, (driver, i) => Every(i, 5, () => driver.Restart()));

    /// <summary>Few, because a store on disk waits for the disk at each end and each beginning. The record before a crash is processed twice.</summary>
    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Ends_with_stores_on_disk_are_not_seen(string scenario) => AssertNotSeen(
        scenario,
        StoreType.Persistent,
        (driver, i) =>
        {
            switch (i)
            {
                case 6:
                    driver.Crash();
                    break;
                case 13:
                    driver.Restart();
                    break;
                case 18:
                    driver.Crash(new() { LosesState = true });
                    break;
            }

            driver.Commit();
        },
        commitsByInterval: true);

    /// <summary>
    /// Random records and ends. What stores in memory hold is compared with models in StreamFlow.Tests; so what comes of them here without
    /// an end is the model of those that are closed, killed and restored: on disk where many are asked for.
    /// </summary>
    [Theory]
    [MemberData(nameof(Scenarios))]
    public void Random_ends_are_not_seen(string scenario)
    {
        var (first, count) = (Seeds.First, Math.Max(1, Seeds.Count(otherwise: 30) / 30));
        for (var seed = first; seed < first + count; seed++)
        {
            var feed = StoreScenarios.RandomFeed(seed);
            var random = new Random(seed);
            var expected = Run(scenario, StoreType.InMemory, feed, (_, _) => { }, commitsByInterval: false);

            var type = Seeds.AreMany ? StoreType.Persistent : StoreType.InMemory;
            var actual = Run(scenario, type, feed, (driver, _) => EndAtRandom(driver, random), commitsByInterval: true);

            AssertSame(seed, expected, actual);
        }
    }

    [Theory]
    [MemberData(nameof(StoreModels.Names), MemberType = typeof(StoreModels))]
    public void Stores_hold_what_a_model_holds_whatever_ends_there_are(string scenario)
    {
        var (first, count) = (Seeds.First, Math.Max(1, Seeds.Count(otherwise: 50) / 50));
        for (var seed = first; seed < first + count; seed++)
        {
            var (random, model) = (new Random(seed), StoreModels.Of(scenario));
            var feed = StoreScenarios.RandomFeed(seed);
            var expected = feed.Where(r => r.Topic == "a" && r.Value is not null)
                .Select(r => $"{r.Key}={model(r.Key, r.Value!, r.Time)} at {r.Time}").ToList();

            var actual = Run(scenario, StoreType.Persistent, feed, (driver, _) => EndAtRandom(driver, random), commitsByInterval: true);

            AssertSame(seed, expected, actual);
        }
    }

    [Fact]
    public void A_crash_leaves_on_disk_what_a_killed_process_leaves()
    {
        var backend = new WatchedBackend();
        using var driver = new TopologyTestDriver(
            StoreScenarios.Build("count", StoreType.Persistent), new() { StoreBackend = backend, Application = ExactlyOnce });
        var input = driver.CreateInputTopic("a", Serdes.String, Serdes.String);
        input.Pipe("k", "v");

        // Closed in order RocksDB writes what it has in memory; killed it does not, and the changelog has it.
        driver.Restart();
        input.Pipe("k", "v");
        driver.Crash();
        input.Pipe("k", "v");
        driver.Restart(new() { LosesState = true });
        input.Pipe("k", "v");

        Assert.Equal([null, 1, 1, null], backend.OffsetsFound.Select(o => o is null ? (long?)null : 1).ToArray());
        Assert.Equal(backend.OffsetsFound[1], backend.OffsetsFound[2]);
        Assert.Equal(
            ["1", "2", "3", "4"], driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Select(r => r.Value));
    }

    [Fact]
    public void Stores_without_a_changelog_in_memory_begin_anew()
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        builder.Stream<string, string>("a").GroupByKey()
            .Count(new() { LoggingEnabled = false }).ToStream()
            .MapValues(c => c.ToString(CultureInfo.InvariantCulture)).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("a", Serdes.String, Serdes.String);
        input.Pipe("k", "v");

        driver.Restart();
        input.Pipe("k", "v");

        Assert.Equal(["1", "1"], driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Select(r => r.Value));
    }

    private static void AssertNotSeen(
        string scenario, StoreType type, Action<TopologyTestDriver, int> disturb, bool commitsByInterval = false)
    {
        var expected = Run(scenario, StoreType.InMemory, StoreScenarios.Feed, (_, _) => { }, commitsByInterval: false);
        Assert.NotEmpty(expected);

        Assert.Equal(expected, Run(scenario, type, StoreScenarios.Feed, disturb, commitsByInterval));
    }

    private static void AssertSame(int seed, List<string> expected, List<string> actual) => Assert.True(
        expected.SequenceEqual(actual),
        $"seed {seed} (STREAMFLOW_SEED), expected:\n{string.Join('\n', expected)}\nactual:\n{string.Join('\n', actual)}");

    private static void Every(int index, int step, Action end)
    {
        if (index % step == step - 1)
        {
            end();
        }
    }

    private static void EndAtRandom(TopologyTestDriver driver, Random random)
    {
        var options = new RestartOptions { LosesState = random.Next(3) == 0 };
        switch (random.Next(20))
        {
            case 0:
                driver.Restart(options);
                break;
            case 1:
                driver.Crash(options);
                break;
        }

        driver.Commit();
    }

    private static List<string> Run(
        string scenario, StoreType type, IReadOnlyList<(string Topic, string Key, string? Value, long Time)> feed,
        Action<TopologyTestDriver, int> disturb, bool commitsByInterval)
    {
        using var driver = new TopologyTestDriver(
            StoreScenarios.Build(scenario, type),
            new()
            {
                StoreBackend = type == StoreType.Persistent ? new RocksDbBackendFactory() : null,
                CommitsByInterval = commitsByInterval,
                Application = commitsByInterval ? ExactlyOnce : new() { ApplicationId = "app", CacheMaxBytes = 0 },
            });
        for (var i = 0; i < feed.Count; i++)
        {
            var (topic, key, value, time) = feed[i];
            if (driver.Kafka.Topics.Contains(topic))
            {
                driver.CreateInputTopic(topic, Serdes.String, Serdes.String).Pipe(key, value!, time);
            }

            disturb(driver, i);
            driver.AdvanceWallClock(TimeSpan.FromMilliseconds(10));

            // What a punctuation by the wall clock has done is lost with it, if it is not committed: its time does not come again.
            driver.Commit();
        }

        driver.Commit();
        return [.. driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll()
            .Select(r => $"{r.Key}={(r.HasValue ? r.Value : "-")} at {r.Timestamp}")];
    }

    /// <summary>Notes what stores find when they are opened.</summary>
    private sealed class WatchedBackend : IStoreBackendFactory
    {
        private readonly RocksDbBackendFactory _inner = new();

        public List<long?> OffsetsFound { get; } = [];

        public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames)
        {
            var backend = _inner.Open(taskId, directory, storeNames);
            OffsetsFound.Add(backend.TryGetChangelogOffset(0, out var offset) ? offset : null);
            return backend;
        }
    }
}
