using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.Testing;
using StreamFlow.Tests.Processing;

namespace StreamFlow.Tests.Runtime;

/// <summary>What a thread does by time and at the wish of a processor, on a clock that only the tests move.</summary>
public sealed class PunctuationTests
{
    [Fact]
    public async Task Wall_clock_punctuations_come_without_records()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var calls = 0;
        var application = await StartAsync(harness, hook => hook.Schedule(
            PunctuationType.WallClockTime, 1000, _ => Interlocked.Increment(ref calls)));

        Advance(harness, 999);
        await Task.Delay(100);
        Assert.Equal(0, Volatile.Read(ref calls));
        Advance(harness, 1);
        await AppHarness.Until(() => Volatile.Read(ref calls) == 2, "a call for each task");

        await application.StopAsync();
        Assert.Null(application.Status.Error);
    }

    [Fact]
    public async Task Stream_time_punctuations_come_while_records_are_processed()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var times = new List<long>();
        for (var i = 0; i < 1000; i++)
        {
            harness.Send("in", 0, "k", "v", i);
        }

        var application = await StartAsync(harness, hook => hook.Schedule(PunctuationType.StreamTime, 1, times.Add));
        await AppHarness.Until(() => harness.Values("out").Count == 1000, "all results");
        await application.StopAsync();

        // Once a run: the first ones are short, none is longer than 128 records.
        Assert.Equal(0, times[0]);
        Assert.Equal(999, times[^1]);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, 128));
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_processor_that_asks_for_a_commit_gets_it_before_the_interval_is_over(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var seen = 0;
        await StartAsync(
            harness,
            _ => { },
            (hook, record) =>
            {
                Interlocked.Increment(ref seen);
                if (record.Value == "commit")
                {
                    hook.Task.RequestCommit();
                }
            },
            options => options.ProcessingGuarantee = guarantee);
        harness.Send("in", 0, "k", "v");
        await AppHarness.Until(() => Volatile.Read(ref seen) == 1, "the record");
        await Task.Delay(100);
        Assert.Empty(harness.Kafka.CommittedOffsets("app"));

        harness.Send("in", 0, "k", "commit");

        await AppHarness.Until(() => harness.Kafka.CommittedOffsets("app").Count == 1, "a commit");
        Assert.Equal(2, harness.Kafka.CommittedOffsets("app")[new TopicPartition("in", 0)].Offset);
    }

    /// <summary>No position moves; the transaction is there all the same.</summary>
    [Fact]
    public async Task Results_of_a_punctuation_are_committed_when_the_interval_is_over()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        await StartAsync(
            harness,
            hook => hook.Schedule(PunctuationType.WallClockTime, 1000, now => hook.Forward("tick", $"{now}", now)),
            configure: options => options.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce);

        Advance(harness, 1000);
        await Task.Delay(100);
        Assert.Empty(harness.Values("out"));
        Advance(harness, 4000);

        await AppHarness.Until(() => harness.Values("out").Count > 0, "the committed results");
    }

    /// <summary>Nodes are made anew after an abort, and schedule anew.</summary>
    [Fact]
    public async Task After_an_abort_a_punctuation_is_there_once()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var (inits, calls, seen) = (0, 0, 0);
        await StartAsync(
            harness,
            hook =>
            {
                hook.Schedule(PunctuationType.WallClockTime, 60_000, _ => Interlocked.Increment(ref calls));
                Interlocked.Increment(ref inits);
            },
            (_, _) => Interlocked.Increment(ref seen),
            options => options.ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce);
        harness.Kafka.Faults.Fail(ClientCall.CommitTransaction, KafkaErrorKind.Abortable, new FaultMatch { Times = 1 });
        harness.Send("in", 0, "k", "v");
        await AppHarness.Until(() => Volatile.Read(ref seen) == 1, "the record");

        Advance(harness, 6000);
        await AppHarness.Until(() => Volatile.Read(ref inits) == 2, "nodes made anew");

        // Committed before the clock goes on, or the broker ends the transaction meanwhile and the nodes are made once more.
        await AppHarness.Until(() => Volatile.Read(ref seen) == 2, "the record again");
        Advance(harness, 5000);
        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("app").TryGetValue(new TopicPartition("in", 0), out var at) && at.Offset == 1,
            "the commit");
        Advance(harness, 60_000);
        await AppHarness.Until(() => Volatile.Read(ref calls) > 0, "a call");

        await Task.Delay(100);
        Assert.Equal(1, Volatile.Read(ref calls));
    }

    private static void Advance(AppHarness harness, int milliseconds) =>
        ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromMilliseconds(milliseconds));

    private static async Task<StreamsApplication> StartAsync(
        AppHarness harness, Action<HookProcessor> init, Action<HookProcessor, Record<string, string>>? each = null,
        Action<StreamFlowOptions>? configure = null)
    {
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Hook(init, each).To("out"),
            options =>
            {
                options.CommitInterval = TimeSpan.FromSeconds(5);
                options.PollTimeout = TimeSpan.FromSeconds(1);
                configure?.Invoke(options);
            },
            new StreamsServices { Time = harness.Kafka.Time });
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        return application;
    }
}
