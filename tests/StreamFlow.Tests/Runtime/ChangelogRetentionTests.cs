using System.Buffers.Binary;
using System.Globalization;

namespace StreamFlow.Tests.Runtime;

/// <summary>Changelogs of windows keep what is alive by the time of events, and what has expired goes.</summary>
public sealed class ChangelogRetentionTests : IDisposable
{
    private const long Hour = 3_600_000;

    /// <summary>Long ago, as a broker's clock sees it.</summary>
    private const long Start = 1_690_000_000_000 / Hour * Hour;
    private static readonly TopicPartition Changelog = new("app-counts-changelog", 0);
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-test-").FullName;
    private readonly FolderStores _stores = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce, false)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, false)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, true)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, true)]
    public async Task What_has_expired_by_stream_time_is_deleted_and_counts_go_on(ProcessingGuarantee guarantee, bool onDisk)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = await StartAsync(harness, guarantee, onDisk);
        for (var hour = 0; hour < 20; hour++)
        {
            await SendAsync(harness, hour, 5);
        }

        // All up to the fifteenth hour have expired.
        await SendUntilAsync(harness, 19, () => Hours(harness).Min() >= 14);
        await application.StopAsync();
        Assert.Null(application.Status.Error);
        Assert.Superset(new HashSet<long> { 16, 17, 18, 19 }, Hours(harness));

        var counts = harness.Values("out").Count(v => v.StartsWith("19=", StringComparison.Ordinal));
        await StartAsync(harness, guarantee, onDisk);
        await SendAsync(harness, 19, 1);
        await SendAsync(harness, 17, 1);

        Assert.Equal(["19=" + (counts + 1), "17=6"], harness.Values("out").TakeLast(2));
    }

    [Fact]
    public async Task Nothing_is_deleted_while_stream_time_stands_still()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await StartAsync(harness, ProcessingGuarantee.AtLeastOnce, onDisk: false);
        for (var i = 0; i < 50; i++)
        {
            await SendAsync(harness, i % 2, 1);
        }

        Assert.Equal(0, harness.Kafka.Offsets(Changelog).Beginning);
    }

    /// <summary>Whoever has nothing restores with each start; what is old must be known as old all the same.</summary>
    [Fact]
    public async Task What_has_expired_goes_however_often_the_application_is_started()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        for (var hour = 0; hour < 20; hour++)
        {
            var application = await StartAsync(harness, ProcessingGuarantee.AtLeastOnce, onDisk: false);
            await SendAsync(harness, hour, 1);
            await SendAsync(harness, hour, 1);
            await application.StopAsync();
        }

        Assert.InRange(Hours(harness).Min(), 12, 16);
        Assert.Superset(new HashSet<long> { 16, 17, 18, 19 }, Hours(harness));
    }

    /// <summary>The operator's own policy would have the broker refuse it, again and again.</summary>
    [Fact]
    public async Task A_changelog_that_only_compacts_by_the_users_wish_is_left_alone()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await StartAsync(harness, ProcessingGuarantee.AtLeastOnce, onDisk: false, policy: "compact");
        for (var hour = 0; hour < 20; hour++)
        {
            await SendAsync(harness, hour, 5);
        }

        Assert.Equal(0, harness.Kafka.Offsets(Changelog).Beginning);
    }

    /// <summary>Records in any order, threads that come and go, stores in memory: whoever restores finds what is alive.</summary>
    [Theory]
    [InlineData(11)]
    [InlineData(0)]
    public async Task Whatever_comes_whoever_restores_finds_what_is_alive(int given)
    {
        var seed = given == 0 ? Environment.TickCount : given;
        var random = new Random(seed);
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var expected = new Dictionary<long, int>();
        long latest = 0;
        for (var round = 0; round < 6; round++)
        {
            var application = await StartAsync(harness, (ProcessingGuarantee)random.Next(2), onDisk: false);
            for (var i = 0; i < 40; i++)
            {
                latest += random.Next(8) == 0 ? random.Next(1, 5) : 0;
                var hour = Math.Max(0, latest - random.Next(0, 3));
                await SendAsync(harness, hour, 1);
                expected[hour] = expected.GetValueOrDefault(hour) + 1;
                Assert.True(
                    $"{hour}={expected[hour]}" == harness.Values("out")[^1], $"seed {seed}: {hour}={expected[hour]}, not {harness.Values("out")[^1]}");
            }

            await application.StopAsync();
            Assert.Null(application.Status.Error);
        }

        Assert.True(harness.Kafka.Offsets(Changelog).Beginning > 0, $"seed {seed}");
    }

    private static void Topology(StreamsBuilder builder, string? policy) => builder
        .Stream<string, string>("in")
        .GroupByKey()
        .WindowedBy(TumblingWindows.Of(TimeSpan.FromHours(1), TimeSpan.FromHours(3)))
        .Count(new()
        {
            Name = "counts",
            TopicConfigs = policy is null ? new Dictionary<string, string>() : new() { ["cleanup.policy"] = policy },
        })
        .ToStream()
        .Map((k, v) => (
            k.Key, string.Create(CultureInfo.InvariantCulture, $"{(k.Window.Start - Start) / Hour}={v}")))
        .To("out");

    /// <summary>Sends, and waits until it is committed: each time there may be something to delete.</summary>
    private static async Task SendAsync(AppHarness harness, long hour, int count)
    {
        for (var i = 0; i < count; i++)
        {
            harness.Send("in", 0, "k", "v", Start + (hour * Hour) + i);
        }

        var input = new TopicPartition("in", 0);
        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(input).Offset == harness.Kafka.Offsets(input).HighWatermark,
            $"hour {hour} is committed");
    }

    private static async Task SendUntilAsync(AppHarness harness, long hour, Func<bool> condition)
    {
        for (var i = 0; i < 500 && !condition(); i++)
        {
            await SendAsync(harness, hour, 1);
        }

        Assert.True(condition());
    }

    /// <summary>The hours whose windows the changelog has: a key is followed by 8 bytes of start and 4 of a number.</summary>
    private static HashSet<long> Hours(AppHarness harness) =>
        [.. harness.Kafka.Read(Changelog).Select(r => (BinaryPrimitives.ReadInt64BigEndian(r.Key.AsSpan()[^12..]) - Start) / Hour)];

    private Task<StreamsApplication> StartAsync(
        AppHarness harness, ProcessingGuarantee guarantee, bool onDisk, string? policy = null) => harness.StartAsync(
        builder => Topology(builder, policy),
        options =>
        {
            options.ProcessingGuarantee = guarantee;
            options.CacheMaxBytes = 0;
            options.RepartitionPurgeInterval = TimeSpan.FromTicks(1);
            options.CommitInterval = TimeSpan.FromMilliseconds(1);
            options.StateDirectory = onDisk ? _folder : options.StateDirectory;
        },
        new StreamsServices { StoreBackend = onDisk ? _stores : null });
}
