using System.Globalization;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Records that take longer than the group waits for a member, on a clock that they move themselves: the partitions go and come
/// back, and with them the record.
/// </summary>
public sealed class SlowRecordTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private readonly ListLogger _log = new();
    private int _slow;

    public void Dispose() => _log.Dispose();

    public static TheoryData<ProcessingGuarantee, ErrorResponse, int> Answers()
    {
        var all = new TheoryData<ProcessingGuarantee, ErrorResponse, int>();
        foreach (var guarantee in Enum.GetValues<ProcessingGuarantee>())
        {
            foreach (var answer in Enum.GetValues<ErrorResponse>())
            {
                all.Add(guarantee, answer, 2);

                // Behind so many fast ones that it is not alone in its run.
                all.Add(guarantee, answer, 300);
            }
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_record_that_outlasts_the_poll_interval_twice_is_for_the_handler(
        ProcessingGuarantee guarantee, ErrorResponse answer, int before)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1), ("dead", 1));
        Send(harness, before, "slow");
        ErrorContext? asked = null;
        var application = await StartAsync(harness, Slow(harness, times: int.MaxValue), options =>
        {
            options.ProcessingGuarantee = guarantee;
            options.DeadLetterTopic = "dead";
            options.ProcessingErrorHandler = (in ErrorContext error) =>
            {
                asked = error;
                return answer;
            };
        });

        await Until(harness, () => application.Completion.IsCompleted || Committed(harness) == before + 4, "the failure, or all positions");

        Assert.Equal(2, _slow);
        Assert.Equal(("in", 0, (long)before), (asked!.Value.Topic, asked.Value.Partition, asked.Value.Offset));
        var reason = Assert.IsType<SlowRecordException>(asked.Value.Exception);
        Assert.Equal(Interval, reason.Interval);
        Assert.InRange(reason.Lasted, 2 * Interval, 3 * Interval);
        Assert.Contains(
            _log.Messages,
            m => m.StartsWith($"Task 0_0: the record in-0 offset {before} took 00:10:00", StringComparison.Ordinal));
        string[] letters = answer == ErrorResponse.DeadLetter ? ["slow"] : [];
        Assert.Equal(letters, harness.Values("dead"));
        if (answer == ErrorResponse.Fail)
        {
            var failure = await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion);
            Assert.Contains($"record in-0 offset {before}", failure.Message, StringComparison.Ordinal);
            return;
        }

        Assert.Null(application.Status.Error);
        var expected = Enumerable.Range(0, before + 4).Where(i => i != before).Select(i => $"{i}");
        Assert.Equal(expected.Order(), harness.Values("out").Where(v => v != "slow").Distinct().Order());
        if (guarantee == ProcessingGuarantee.ExactlyOnce)
        {
            Assert.Equal(before + 3, harness.Values("out").Count);
        }
    }

    [Fact]
    public async Task A_record_that_outlasts_it_once_is_processed_again_and_forgotten()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        Send(harness, 2, "slow");
        var application = await StartAsync(harness, Slow(harness, times: 1));

        await Until(harness, () => Committed(harness) == 6, "all positions");
        Send(harness, 2, "slow");
        await Until(harness, () => Committed(harness) == 12, "all positions again");

        Assert.Equal(3, _slow);
        Assert.Null(application.Status.Error);
        Assert.Contains("slow", harness.Values("out"));
    }

    /// <summary>Together they outlast it, each alone does not: with a poll between them they go through.</summary>
    [Fact]
    public async Task Records_that_are_slow_together_only_go_through()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        Send(harness, 300, "fast");
        var slept = 0;
        var application = await StartAsync(
            harness,
            builder => builder.Stream<string, string>("in").Peek((_, v) =>
            {
                if (v != "fast" && int.Parse(v, CultureInfo.InvariantCulture) is > 200 and < 210)
                {
                    slept++;
                    Sleep(harness, Interval / 3);
                }
            }).To("out"),
            options => options.ProcessingErrorHandler = static (in ErrorContext _) => ErrorResponse.Fail);

        await Until(harness, () => application.Completion.IsCompleted || Committed(harness) == 304, "all positions");

        Assert.Null(application.Status.Error);
        Assert.InRange(slept, 9, 36);
    }

    /// <summary>What leaves a store at the commit is due to no run of records: there is nothing to leave out.</summary>
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_commit_that_outlasts_it_twice_ends_the_thread(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        Send(harness, 2, "slow");
        var application = await StartAsync(
            harness,
            builder => Slow(harness, times: int.MaxValue, behindStore: true)(builder),
            options =>
            {
                options.ProcessingGuarantee = guarantee;
                options.CacheMaxBytes = 1_000_000;
                options.TransactionTimeout = TimeSpan.FromMinutes(15);
            });

        await Until(harness, () => application.Completion.IsCompleted, "the failure");
        var failure = await Assert.ThrowsAsync<StreamsException>(() => application.Completion);

        Assert.Contains("has not polled its consumer for", failure.Message, StringComparison.Ordinal);
        Assert.Contains("for the 2. time", failure.Message, StringComparison.Ordinal);

        // Once more where the records before it are committed in between, and once on the way out.
        Assert.InRange(_slow, 2, 4);
    }

    /// <summary>What was committed in between was slow for another reason.</summary>
    [Fact]
    public async Task A_commit_that_outlasts_it_now_and_then_ends_nobody()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var left = 0;
        var application = await StartAsync(
            harness,
            builder => builder.Stream<string, string>("in").GroupByKey().Aggregate(() => "", (_, v, _) => v, new() { Name = "last" })
                .ToStream().Peek((_, v) =>
                {
                    if (v == "slow" && Interlocked.Decrement(ref left) >= 0)
                    {
                        _slow++;
                        Sleep(harness, 2 * Interval);
                    }
                }).To("out"),
            options => options.CacheMaxBytes = 1_000_000);

        for (var round = 1; round <= 3; round++)
        {
            Volatile.Write(ref left, 1);
            Send(harness, 2, "slow");
            var end = 6 * round;
            await Until(harness, () => application.Completion.IsCompleted || Committed(harness) == end, $"the positions of round {round}");
        }

        Assert.Equal(3, _slow);
        Assert.Null(application.Status.Error);
        Assert.True(_log.Messages.Count(m => m.Contains("has not polled its consumer", StringComparison.Ordinal)) >= 3);
    }

    private Action<StreamsBuilder> Slow(AppHarness harness, int times, bool behindStore = false) => builder =>
    {
        var stream = builder.Stream<string, string>("in");
        if (behindStore)
        {
            stream = stream.GroupByKey().Aggregate(() => "", (_, v, _) => v, new() { Name = "last" }).ToStream();
        }

        stream.Peek((_, v) =>
        {
            if (v == "slow" && _slow++ < times)
            {
                Sleep(harness, 2 * Interval);
            }
        }).To("out");
    };

    /// <summary>In small steps: the clock must not run away from a thread that the machine lets wait.</summary>
    private static Task Until(AppHarness harness, Func<bool> condition, string what) =>
        harness.UntilWithTime(condition, what, TimeSpan.FromMilliseconds(50));

    private static void Sleep(AppHarness harness, TimeSpan time) => ((VirtualTime)harness.Kafka.Time).Advance(time);

    private static long Committed(AppHarness harness) =>
        harness.Kafka.CommittedOffsets("app").TryGetValue(new TopicPartition("in", 0), out var at) ? at.Offset : -1;

    /// <summary>So many records, one of its own, and three more.</summary>
    private static void Send(AppHarness harness, int before, string value)
    {
        for (var i = 0; i < before + 4; i++)
        {
            harness.Send("in", 0, $"k{i}", i == before ? value : $"{i}");
        }
    }

    private Task<StreamsApplication> StartAsync(
        AppHarness harness, Action<StreamsBuilder> topology, Action<StreamFlowOptions>? configure = null) =>
        harness.StartAsync(
            topology,
            options =>
            {
                options.CommitInterval = TimeSpan.FromSeconds(2);
                options.TaskTimeout = TimeSpan.FromDays(1);
                options.TransactionTimeout = TimeSpan.FromMinutes(15);
                configure?.Invoke(options);
            },
            new StreamsServices { Time = harness.Kafka.Time, Logging = _log },
            new PollWatch(harness.Kafka, Interval));
}
