using System.Globalization;
using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>
/// What is in internal topics goes by the time of events: a broker that deletes and refuses by its own clock, and does so all
/// the time, neither deletes nor refuses any of it.
/// </summary>
public abstract class EventTimeTopicsTests : IAsyncLifetime
{
    private const string In = "in";
    private const string Out = "out";
    private const string Changelog = "app-counts-changelog";
    private const long Hour = 3_600_000;
    private static readonly long LongAgo = new DateTimeOffset(2023, 7, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private TestCluster? _cluster;

    public async Task InitializeAsync()
    {
        if (IsAvailable)
        {
            _cluster = await StartClusterAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    protected abstract bool IsAvailable { get; }

    /// <summary>A cluster that looks after its topics several times a second.</summary>
    protected abstract Task<TestCluster> StartClusterAsync();

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Counts_of_records_of_long_ago_go_on_after_a_restart_without_local_state(ProcessingGuarantee guarantee)
    {
        await using var harness = await PrepareAsync();
        await CountAsync(harness, guarantee, [.. Enumerable.Repeat(LongAgo, 10)]);
        await UntilCleanedAsync(harness);

        await CountAsync(harness, guarantee, LongAgo);

        Assert.Equal("0=11", Results(harness)[^1]);
    }

    [SkippableFact]
    public async Task What_has_expired_by_the_time_of_events_is_deleted()
    {
        await using var harness = await PrepareAsync();
        var application = await harness.StartAsync(Hours, Setup(ProcessingGuarantee.AtLeastOnce));
        for (var hour = 0; hour < 12; hour++)
        {
            harness.Probe.Produce(In, ("k", "v", LongAgo + (hour * Hour)), ("k", "v", LongAgo + (hour * Hour)));
            await harness.UntilNoLagAsync("app", In);
        }

        var sent = 0;
        await harness.UntilAsync(
            () =>
            {
                harness.Probe.Produce(In, ("k", "v", LongAgo + (11 * Hour)));
                sent++;
                return harness.Probe.Offsets(Changelog).Beginning >= 6;
            },
            "the windows of the first hours are gone from the changelog");
        await harness.UntilNoLagAsync("app", In);
        await application.StopAsync();

        // Windows of an hour with three hours of grace: the last four are alive, and whoever has no state restores them.
        await CountAsync(harness, ProcessingGuarantee.AtLeastOnce, LongAgo + (9 * Hour), LongAgo + (11 * Hour));
        Assert.Equal(["9=3", $"11={sent + 3}"], Results(harness).TakeLast(2));
    }

    /// <summary>Apache Kafka 4 takes no record that is more than an hour ahead, unless its topic says otherwise.</summary>
    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Records_of_the_time_to_come_are_repartitioned_and_logged(ProcessingGuarantee guarantee)
    {
        await using var harness = await PrepareAsync();
        var ahead = DateTimeOffset.UtcNow.AddDays(3).ToUnixTimeMilliseconds();
        void Rekeyed(StreamsBuilder builder) => builder.Stream<string, string>(In)
            .GroupBy((_, v) => v, new() { Name = "words" })
            .Count(new() { Name = "counts" })
            .ToStream()
            .MapValues((k, v) => string.Create(CultureInfo.InvariantCulture, $"{k}={v}"))
            .To(Out);

        var application = await harness.StartAsync(Rekeyed, Setup(guarantee));
        harness.Probe.Produce(In, ("k", "v", ahead), ("k", "v", ahead));
        await harness.UntilAsync(() => Results(harness).Contains("v=2"), "both are counted");
        await application.StopAsync();

        Assert.True(harness.Probe.Offsets(Changelog).End > 0);
    }

    /// <summary>A topic that an earlier version has made goes by the clock until the application starts.</summary>
    [SkippableFact]
    public async Task A_changelog_of_an_earlier_version_is_mended()
    {
        await using var harness = await PrepareAsync();
        await harness.Probe.CreateTopicsWithAsync(
            1,
            new() { ["cleanup.policy"] = "compact,delete", ["retention.ms"] = "86760000", ["message.timestamp.after.max.ms"] = "3600000" },
            Changelog);

        await CountAsync(harness, ProcessingGuarantee.AtLeastOnce, [.. Enumerable.Repeat(LongAgo, 10)]);
        await UntilCleanedAsync(harness);
        await CountAsync(harness, ProcessingGuarantee.AtLeastOnce, LongAgo);

        Assert.Equal("0=11", Results(harness)[^1]);
        var configs = await harness.Probe.ConfigsAsync(Changelog);
        Assert.Equal(("-1", "9223372036854775807"), (configs["retention.ms"], configs["message.timestamp.after.max.ms"]));
    }

    /// <summary>The user's own topic goes by its own rules; whoever writes to it is asked what to do.</summary>
    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_record_that_the_users_topic_refuses_for_its_time_goes_to_the_production_handler(ProcessingGuarantee guarantee)
    {
        await using var harness = await PrepareAsync();
        await harness.Probe.SetConfigAsync(Out, "message.timestamp.after.max.ms", "60000");
        var now = DateTimeOffset.UtcNow;
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var setup = Setup(guarantee) with
        {
            Configure = options =>
            {
                options.ProcessingGuarantee = guarantee;
                options.ProductionErrorHandler = (in ErrorContext context) =>
                {
                    asked.Enqueue($"{context.Topic}-{context.Partition}@{context.Offset}: {context.Exception.Message}");
                    return ErrorResponse.Continue;
                };
            },
        };

        await harness.StartAsync(builder => builder.Stream<string, string>(In).To(Out), setup);
        harness.Probe.Produce(
            In, ("k", "early", now.ToUnixTimeMilliseconds()), ("k", "ahead", now.AddHours(2).ToUnixTimeMilliseconds()));
        await harness.UntilAsync(() => !asked.IsEmpty, "the handler is asked");
        harness.Probe.Produce(In, ("k", "late", now.ToUnixTimeMilliseconds()));
        await harness.UntilAsync(() => Results(harness).Contains("late"), "what comes after it");

        Assert.DoesNotContain("ahead", Results(harness));
        Assert.Contains(asked, what => what.StartsWith("in-0@1:", StringComparison.Ordinal));
    }

    private static void Hours(StreamsBuilder builder) => builder.Stream<string, string>(In)
        .GroupByKey()
        .WindowedBy(TumblingWindows.Of(TimeSpan.FromHours(1), TimeSpan.FromHours(3)))
        .Count(new() { Name = "counts" })
        .ToStream()
        .Map((k, v) => (
            k.Key, string.Create(CultureInfo.InvariantCulture, $"{(k.Window.Start - LongAgo) / Hour}={v}")))
        .To(Out);

    private static Setup Setup(ProcessingGuarantee guarantee) => new()
    {
        Configure = options =>
        {
            options.ProcessingGuarantee = guarantee;
            options.CacheMaxBytes = 0;
            options.RepartitionPurgeInterval = TimeSpan.FromMilliseconds(1);
        },
    };

    private static async Task CountAsync(EngineHarness harness, ProcessingGuarantee guarantee, params long[] times)
    {
        harness.Probe.Produce(In, [.. times.Select(time => ("k", "v", time))]);
        var application = await harness.StartAsync(Hours, Setup(guarantee));
        await harness.UntilRunningAsync(application);
        await harness.UntilNoLagAsync("app", In);
        await application.StopAsync();
        Assert.Null(application.Status.Error);
    }

    private static List<string> Results(EngineHarness harness) =>
        [.. harness.Probe.ReadAll(Out).Select(r => Encoding.UTF8.GetString(r.Message.Value))];

    /// <summary>Waits until the broker has looked after all topics once more: the records of a topic with little retention are gone, twice.</summary>
    private static async Task UntilCleanedAsync(EngineHarness harness)
    {
        for (var round = 0; round < 2; round++)
        {
            harness.Probe.Produce("canary", ("k", "v", LongAgo));
            await Until.TrueAsync(
                () => harness.Probe.Offsets("canary") is var (beginning, end) && beginning == end, "the broker cleans");
        }
    }

    private async Task<EngineHarness> PrepareAsync()
    {
        Skip.If(_cluster is null, "there is no Apache Kafka");
        var harness = new EngineHarness(_cluster!);
        await harness.Probe.DeleteAllTopicsAsync();
        await harness.Probe.CreateTopicsWithAsync(1, new() { ["message.timestamp.after.max.ms"] = "9223372036854775807" }, In, Out);
        await harness.Probe.CreateTopicsWithAsync(1, new() { ["retention.ms"] = "1000", ["segment.ms"] = "100" }, "canary");
        return harness;
    }
}

/// <summary>On the embedded broker, whose timer for that is shorter than it is outside of tests.</summary>
[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedEventTimeTopicsTests : EventTimeTopicsTests
{
    protected override bool IsAvailable => true;

    protected override async Task<TestCluster> StartClusterAsync() => await EmbeddedCluster.StartAsync(new OftenCleaned());

    private sealed class OftenCleaned : TimeProvider
    {
        private static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);
        private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            period == Usual ? base.CreateTimer(callback, state, Short, Short) : base.CreateTimer(callback, state, dueTime, period);
    }
}

/// <summary>On Apache Kafka, told to look after its topics as often.</summary>
[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheEventTimeTopicsTests : EventTimeTopicsTests, IClassFixture<ApacheEventTimeTopicsTests.OftenCleaned>
{
    private readonly OftenCleaned _fixture;

    public ApacheEventTimeTopicsTests(OftenCleaned fixture) => _fixture = fixture;

    protected override bool IsAvailable => StreamFlow.TestSupport.ApacheKafkaBroker.WhyUnavailable() is null;

    protected override Task<TestCluster> StartClusterAsync() => _fixture.GetAsync();

    /// <summary>One broker for all tests of the class.</summary>
    public sealed class OftenCleaned : IAsyncLifetime
    {
        private ApacheCluster? _cluster;

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            if (_cluster is not null)
            {
                await _cluster.DisposeAsync();
            }
        }

        internal async Task<TestCluster> GetAsync()
        {
            _cluster ??= await ApacheCluster.StartAsync("log.retention.check.interval.ms=200", "log.initial.task.delay.ms=100");
            return new Shared(_cluster);
        }

        /// <summary>The cluster of the class, which outlives each test.</summary>
        private sealed class Shared(ApacheCluster cluster) : TestCluster
        {
            public override string BootstrapServers => cluster.BootstrapServers;

            public override Task RestartAsync(Func<Task> whileDown) => cluster.RestartAsync(whileDown);

            public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
