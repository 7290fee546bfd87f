using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Runtime;
using StreamFlow.Testing;
using StreamFlow.TestSupport;

namespace StreamFlow.Tests.Runtime;

/// <summary>What this instance has and does not come forward although its threads go on, on a clock of the test's.</summary>
public sealed class StuckPartitionsTests : IDisposable
{
    private readonly ListLogger _log = new();
    private readonly ApplicationMeter _meter = new("stuck-partitions");
    private readonly VirtualTime _time = new();

    public void Dispose()
    {
        _log.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task A_partition_whose_records_the_client_no_longer_hands_out_is_told_of_and_when_it_goes_on()
    {
        await using var harness = new AppHarness(("in", 1), ("other", 1), ("out", 1));
        var clients = new WithholdingClients(harness.Kafka, "in");
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Merge(builder.Stream<string, string>("other")).To("out"),
            options => options.ApplicationId = "stuck",
            new StreamsServices { Time = harness.Kafka.Time, Logging = _log },
            clients);
        harness.Send("in", 0, "k", "before");
        await AppHarness.Until(() => harness.Values("out").Count == 1, "a record");

        // One after the other: what has grown before it was looked at first has not grown.
        clients.Withholds = true;
        harness.Send("in", 0, "k", "held");
        await harness.UntilWithTime(() => LagOf(application, "in") == 1, "the first that waits");
        await harness.UntilWithTime(() => LagOf(application, "in") == 1, "another look");
        harness.Send("in", 0, "k", "held");
        await harness.UntilWithTime(() => application.Status.Stuck.Count == 1, "a word about it");

        var stuck = application.Status.Stuck[0];
        Assert.Equal((new TopicPartition("in", 0), 2), (stuck.Partition, stuck.Records));
        Assert.True(stuck.Lasts >= TimeSpan.FromMinutes(1), $"{stuck.Lasts}");
        Assert.All(application.Status.Threads, thread => Assert.Null(thread.Stalled));
        Assert.Single(_log.Messages, m => m.Contains("in-0 has 2 records that are not read", StringComparison.Ordinal));

        clients.Withholds = false;
        await harness.UntilWithTime(() => application.Status.Stuck.Count == 0, "the end of it");
        Assert.Equal(3, harness.Values("out").Count);
        await AppHarness.Until(
            () => _log.Messages.Any(m => m.Contains("in-0 is processed again", StringComparison.Ordinal)), "a word about the end");
    }

    [Theory]
    [InlineData("waits: lag 0, hours, lag 3, 59 s", false)]
    [InlineData("stands: lag 3, hours without a new record", false)]
    [InlineData("grows: lag 3, lag 4, 60 s", true)]
    [InlineData("grows and is processed: lag 3, lag 4 and a record, 60 s", false)]
    [InlineData("is truncated: lag 3, lag 4, lag 2, 60 s", false)]
    public void Only_a_lag_that_grows_while_nothing_is_processed_counts(string story, bool isStuck)
    {
        var source = new SourceCounts(_meter.Sources, null, [_meter.Tag], "source", new TopicPartition("in", 0));
        _meter.Sources.All.Add(source);
        var watch = new StuckPartitions(
            _meter.Sources, new StreamFlowOptions { ProgressTimeout = TimeSpan.FromSeconds(60) }, _time, NullLogger.Instance);
        foreach (var (lag, isProcessed, seconds) in Steps(story))
        {
            if (isProcessed)
            {
                source.Count(0, 1);
            }

            source.Show(100 + lag, 100, 0);
            watch.Look();
            _time.Advance(TimeSpan.FromSeconds(seconds));
        }

        watch.Look();

        Assert.Equal(isStuck ? [new TopicPartition("in", 0)] : [], watch.Stuck.Select(stuck => stuck.Partition));
    }

    [Fact]
    public async Task A_transaction_that_is_about_to_be_aborted_by_the_broker_is_told_of()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var release = new Gate();
        using var reached = new Gate();
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Peek((_, value) => WaitAt(value, reached, release)).To("out"),
            options => options.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce,
            new StreamsServices { Time = harness.Kafka.Time });
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        harness.Send("in", 0, "k", "first");
        harness.Send("in", 0, "k", "slow");
        await AppHarness.Until(() => reached.IsSet, "the slow record");
        Assert.Null(application.Status.Threads[0].HangingTransaction);

        await harness.UntilWithTime(() => application.Status.Threads[0].HangingTransaction is not null, "a word about it");

        // Three quarters of ten seconds, on a clock that goes by seconds.
        Assert.Equal(TimeSpan.FromSeconds(8), application.Status.Threads[0].HangingTransaction);
        release.Set();
        await AppHarness.Until(() => application.Status.Threads is [{ HangingTransaction: null }], "the end of it");
    }

    private static long? LagOf(StreamsApplication application, string topic) =>
        application.Status.Threads.SelectMany(t => t.Tasks).SelectMany(t => t.Inputs).SingleOrDefault(i => i.Partition.Topic == topic)?.Lag;

    private static void WaitAt(string value, Gate reached, Gate release)
    {
        if (value == "slow")
        {
            reached.Set();
            release.Wait();
        }
    }

    private static (int Lag, bool IsProcessed, int Seconds)[] Steps(string story) => story.Split(':')[0] switch
    {
        "waits" => [(0, true, 7200), (3, false, 59)],
        "stands" => [(3, true, 1), (3, false, 7200)],
        "grows" => [(3, true, 1), (4, false, 60)],
        "grows and is processed" => [(3, true, 1), (4, true, 60)],
        _ => [(3, true, 1), (4, false, 1), (2, false, 60)],
    };
}
