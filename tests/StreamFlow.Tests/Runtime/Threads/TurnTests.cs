using System.Collections.Concurrent;
using System.Globalization;
using StreamFlow.Testing;
using StreamFlow.TestSupport;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Threads whose records are slow, on a clock that the records themselves move: what a thread may not miss (the timeout of
/// its transaction, the poll interval of its consumer, a stop) must not depend on how much there is to do.
/// </summary>
public sealed class TurnTests
{
    /// <summary>A round of 1,024 records of each task would take 12 seconds, the broker aborts after 10.</summary>
    [Fact]
    public async Task Twelve_tasks_at_a_millisecond_per_record_commit_within_the_transaction_timeout()
    {
        await using var harness = new AppHarness(("in", 12), ("out", 12));
        var clients = new PickyClients(harness.Kafka, "out", int.MaxValue);
        CountingApplication.SendWave(harness, 0, perKey: 550);
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Peek(Slow(harness, milliseconds: 1)).To("out"),
            options =>
            {
                CountingApplication.ExactlyOnce(options);
                options.CommitInterval = TimeSpan.FromMilliseconds(100);
                options.TransactionTimeout = TimeSpan.FromSeconds(10);
                options.TaskTimeout = TimeSpan.FromMinutes(1);
            },
            new StreamsServices { Time = harness.Kafka.Time },
            clients);

        await AppHarness.Until(
            () => application.Status.Error is not null || harness.Values("out").Count >= 12 * 2 * 550, "all results");

        Assert.Null(application.Status.Error);
        Assert.Equal((0, 1), (clients.Aborts, clients.Producers));
        Assert.Equal(12 * 2 * 550, harness.Values("out").Count);
    }

    /// <summary>A round of 20 records of each task takes 6 seconds.</summary>
    [Fact]
    public async Task A_hundred_tasks_at_three_milliseconds_per_record_poll_within_the_poll_interval()
    {
        await using var harness = new AppHarness(("in", 100), ("out", 1));
        var clients = new PollWatch(harness.Kafka, TimeSpan.FromSeconds(5));
        CountingApplication.SendWave(harness, 0, perKey: 10);
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Peek(Slow(harness, milliseconds: 3)).To("out"),
            services: new StreamsServices { Time = harness.Kafka.Time },
            clients: clients);

        await AppHarness.Until(() => harness.Values("out").Count >= 2000, "all results");
        await application.StopAsync();

        Assert.Equal(0, clients.Dropped);
        Assert.Equal(2000, harness.Values("out").Count);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_stop_waits_for_the_record_at_hand_and_commits_what_is_done(ProcessingGuarantee guarantee)
    {
        const int Before = 5;
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var atRecord = new SemaphoreSlim(0);
        using var stopped = new Gate();
        var seen = 0;
        for (var i = 0; i < 500; i++)
        {
            harness.Send("in", 0, "k", $"{i}");
        }

        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Peek((_, _) =>
            {
                if (++seen == Before)
                {
                    atRecord.Release();
                    stopped.Wait();
                }
            }).To("out"),
            options => (options.ProcessingGuarantee, options.CommitInterval) = (guarantee, TimeSpan.FromSeconds(5)),
            new StreamsServices { Time = harness.Kafka.Time });
        await atRecord.WaitAsync();

        var stop = application.StopAsync();
        stopped.Set();
        await stop;

        Assert.Equal(Before, seen);
        Assert.Equal(["0", "1", "2", "3", "4"], harness.Values("out"));
        Assert.Equal(Before, harness.Kafka.CommittedOffsets("app")[new TopicPartition("in", 0)].Offset);
    }

    /// <summary>At 70 milliseconds per record a turn ends after two of them: the third task must not wait for the first two.</summary>
    [Fact]
    public async Task Turns_that_end_early_reach_every_task_by_turns()
    {
        await using var harness = new AppHarness(("in", 3));
        using var filled = new Gate();
        var order = new ConcurrentQueue<string>();
        var slow = Slow(harness, milliseconds: 70);
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Peek((key, value) =>
            {
                filled.Wait();
                slow(key, value);
                order.Enqueue(value);
            }),
            services: new StreamsServices { Time = harness.Kafka.Time });
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");

        for (var i = 0; i < 40; i++)
        {
            for (var partition = 0; partition < 3; partition++)
            {
                harness.Send("in", partition, "k", $"{partition}");
            }
        }

        filled.Set();
        await AppHarness.Until(() => order.Count == 120, "all records");

        // The first rounds saw what was there by then.
        var rounds = order.Skip(6).Take(90).Chunk(3).Select(round => string.Join(",", round.Order())).Distinct();
        Assert.Equal(["0,1,2"], rounds);
    }

    /// <summary>
    /// What is behind a cache runs when it is flushed: 50 seconds for a thousand rows, and the broker aborts after 10. A run of
    /// 128 records would be too much already at the second speed.
    /// </summary>
    [Theory]
    [InlineData(50)]
    [InlineData(100)]
    public async Task A_thousand_slow_rows_behind_a_cache_commit_within_the_transaction_timeout(int milliseconds)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var clients = new PickyClients(harness.Kafka, "out", int.MaxValue);
        SendKeys(harness, 1000);
        var application = await StartCachedAsync(harness, clients, _ => milliseconds);

        await AppHarness.Until(
            () => application.Status.Error is not null || harness.Values("out").Count >= 1000, "all results");

        Assert.Null(application.Status.Error);
        Assert.Equal((0, 1), (clients.Aborts, clients.Producers));
        Assert.Equal(1000, harness.Values("out").Count);
    }

    /// <summary>Thousands of fast rows have made the limit large when they become slow: that is learnt from the flush that fails.</summary>
    [Fact]
    public async Task Rows_that_become_slow_are_committed_in_smaller_parts_from_then_on()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var clients = new PickyClients(harness.Kafka, "out", int.MaxValue);
        var slow = 0;
        SendKeys(harness, 4000);
        var application = await StartCachedAsync(
            harness, clients, number => number >= 3000 && Interlocked.Increment(ref slow) > 0 ? 50 : 0);

        await AppHarness.Until(
            () => application.Status.Error is not null || harness.Values("out").Count >= 4000, "all results");

        Assert.Null(application.Status.Error);
        // Each is done once more at most: in the flush that failed, and in one of those after it.
        Assert.InRange(slow, 1001, 2000);
        Assert.InRange(clients.Producers, 1, 2);
        Assert.Equal(Enumerable.Repeat("1", 4000), harness.Values("out"));
    }

    private static void SendKeys(AppHarness harness, int count)
    {
        for (var i = 0; i < count; i++)
        {
            harness.Send("in", 0, $"{i}", "v");
        }
    }

    /// <summary>Counts by key behind a cache, exactly once; each row that leaves it takes as long as it is told.</summary>
    private static Task<StreamsApplication> StartCachedAsync(
        AppHarness harness, PickyClients clients, Func<int, int> milliseconds) => harness.StartAsync(
            builder => builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream()
                .Peek((key, _) => ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromMilliseconds(
                    milliseconds(int.Parse(key, CultureInfo.InvariantCulture)))))
                .MapValues(count => $"{count}").To("out"),
            options =>
            {
                CountingApplication.ExactlyOnce(options);
                options.CacheMaxBytes = 10_000_000;
                options.CommitInterval = TimeSpan.Zero;
                options.TransactionTimeout = TimeSpan.FromSeconds(10);
                options.TaskTimeout = TimeSpan.FromMinutes(2);
            },
            new StreamsServices { Time = harness.Kafka.Time },
            clients);

    /// <summary>A slow record; the clock stands still otherwise.</summary>
    private static Action<string, string> Slow(AppHarness harness, int milliseconds) =>
        (_, _) => ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromMilliseconds(milliseconds));
}
