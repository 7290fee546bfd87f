using System.Diagnostics.Metrics;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.TestSupport;
using StreamFlow.Tests.Processing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Threads that live and do not come forward, on a clock of the test's.</summary>
public sealed class ProgressTests : IDisposable
{
    private readonly ListLogger _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task An_operator_that_does_not_return_is_named_with_its_record_in_status_log_and_metrics()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        using var release = new Gate();
        var application = await StartAsync(
            harness, builder => builder.Stream<string, string>("in").Peek((_, v) => Wait(v, release)).To("out"));
        harness.Send("in", 1, "k", "fine");
        await AppHarness.Until(() => Task(application, 1)?.LastFinished is not null, "the first record");
        var finished = Task(application, 1)!;
        Assert.Equal(new RecordPosition(new TopicPartition("in", 1), 0), finished.LastRecord);
        Assert.Null(Stalled(application));

        harness.Send("in", 1, "k", "slow");
        await harness.UntilWithTime(
            () => Stalled(application)?.What == "processing record in-1 offset 1 of task 0_1", "a word about it");

        var stalled = Stalled(application)!;
        Assert.Equal((new TaskId(0, 1), new RecordPosition(new TopicPartition("in", 1), 1)), (stalled.TaskId, stalled.Record));
        Assert.True(stalled.Lasts >= TimeSpan.FromMinutes(1), $"{stalled.Lasts}");
        Assert.Equal((finished.LastRecord, true), (Task(application, 1)!.LastRecord, Task(application, 1)!.LastFinished < Now(harness)));
        await harness.UntilWithTime(() => Lines("has been processing record in-1 offset 1 of task 0_1 for") >= 2, "two lines");
        var measured = Measure();
        Assert.Contains(measured, m => m is { Name: "streamflow.task.record_seconds", Task: "0_1", Partition: 1, Value: >= 60 });
        Assert.Contains(measured, m => m is { Name: "streamflow.task.record_seconds", Task: "0_0", Value: 0 });
        Assert.Contains(measured, m => m is { Name: "streamflow.task.record_offset", Task: "0_1", Partition: 1, Value: 0 });

        release.Set();
        await harness.UntilWithTime(() => Lines("goes on; it had been processing record in-1 offset 1") == 1, "a word about the end");
        Assert.Null(Stalled(application));
    }

    [Fact]
    public async Task A_thread_of_global_tables_that_stands_still_is_named_too()
    {
        await using var harness = new AppHarness(("rows", 1));
        using var release = new Gate();
        var application = await StartAsync(
            harness, builder => builder.GlobalTable("rows", new Consumed<string, string>
            {
                ValueSerde = new BlockingSerde(release.Wait),
            }));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        Assert.Null(application.Status.GlobalThread!.Stalled);

        harness.Send("rows", 0, "k", "slow");
        await harness.UntilWithTime(
            () => application.Status.GlobalThread!.Stalled?.What == "processing record rows-0 offset 0 of task 0_0", "a word about it");
        await harness.UntilWithTime(() => Lines("progress-GlobalStreamThread has been processing record rows-0 offset 0") >= 1, "a line");

        release.Set();
        await harness.UntilWithTime(() => Lines("progress-GlobalStreamThread goes on; it had been") == 1, "a word about the end");
        Assert.Null(application.Status.GlobalThread!.Stalled);
    }

    [Fact]
    public async Task One_that_stands_still_for_ten_minutes_is_told_of_after_one_two_four_and_eight()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var release = new Gate();
        var application = await StartAsync(
            harness, builder => builder.Stream<string, string>("in").Peek((_, v) => Wait(v, release)).To("out"));
        harness.Send("in", 0, "k", "slow");
        await harness.UntilWithTime(() => Lines("has been processing record in-0 offset 0") == 1, "a word about it");

        for (var second = Stalled(application)!.Lasts.TotalSeconds; second < 600; second++)
        {
            Advance(harness, 1);
        }

        Assert.Equal(4, Lines("has been processing record in-0 offset 0"));
        release.Set();
    }

    /// <summary>The clock's timers come whether the one before is done or not.</summary>
    [Fact]
    public async Task A_log_that_does_not_return_is_not_asked_again_and_again()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var release = new Gate();
        using var written = new Gate();
        var asked = 0;
        using var log = new CallingLogger(message =>
        {
            if (message.Contains("has been processing", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref asked);
                written.Wait();
            }
        });
        await harness.StartAsync(
            builder => builder.Stream<string, string>("in").Peek((_, v) => Wait(v, release)).To("out"),
            services: new StreamsServices { Time = harness.Kafka.Time, Logging = log });
        harness.Send("in", 0, "k", "slow");
        var ticks = new List<Task>();
        await AppHarness.Until(
            () =>
            {
                // Each on a thread of its own: the clock calls its timers on the thread that moves it.
                ticks.Add(System.Threading.Tasks.Task.Factory.StartNew(
                    () => Advance(harness, 10), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
                return Volatile.Read(ref asked) > 0;
            },
            "a word about it");

        await System.Threading.Tasks.Task.Run(() => Advance(harness, 600)).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, Volatile.Read(ref asked));

        written.Set();
        release.Set();
        await System.Threading.Tasks.Task.WhenAll(ticks);
    }

    [Fact]
    public async Task Its_group_no_longer_waiting_is_told_too()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var release = new Gate();
        var application = await StartAsync(
            harness, builder => builder.Stream<string, string>("in").Peek((_, v) => Wait(v, release)).To("out"),
            interval: TimeSpan.FromMinutes(5));
        harness.Send("in", 0, "k", "slow");

        await harness.UntilWithTime(
            () => Stalled(application) is { Record: not null, IsLeftBehind: false }, "a word about it");
        await harness.UntilWithTime(() => Stalled(application)!.IsLeftBehind, "the poll interval");
        release.Set();
    }

    [Theory]
    [InlineData("a serde", "processing record in-0 offset 0 of task 0_0")]
    [InlineData("an extractor", "processing record in-0 offset 0 of task 0_0")]
    [InlineData("a punctuation", "in a punctuation of task 0_0")]
    [InlineData("a store", "handing on what record in-0 offset 0 of task 0_0 left in a store, in a commit")]
    [InlineData("a handler", "processing record in-0 offset 0 of task 0_0")]
    public async Task Whatever_the_users_code_is_called_for(string place, string what)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var release = new Gate();
        void At(string here) => Wait(here == place ? "slow" : string.Empty, release);
        var application = await StartAsync(
            harness,
            builder => builder
                .Stream<string, string>("in", new()
                {
                    ValueSerde = new BlockingSerde(() => At("a serde")),
                    TimestampExtractor = place != "an extractor" ? null : (record, _) =>
                    {
                        At(place);
                        return record.Timestamp;
                    },
                })
                .Hook(hook => hook.Schedule(PunctuationType.WallClockTime, 1000, _ => At("a punctuation")))
                .MapValues(v => place == "a handler" ? throw new InvalidOperationException("poison") : v)
                .GroupByKey(new() { ValueSerde = Serdes.String })
                .Aggregate(() => "", (_, v, _) => v, new() { Name = "last", ValueSerde = Serdes.String }).ToStream()
                .Peek((_, _) => At("a store"))
                .To("out"),
            options =>
            {
                options.CacheMaxBytes = 1_000_000;
                options.ProcessingErrorHandler = (in ErrorContext _) =>
                {
                    At("a handler");
                    return ErrorResponse.Continue;
                };
            });
        harness.Send("in", 0, "k", "v");

        await harness.UntilWithTime(() => Stalled(application)?.What == what, $"a word about it, not {Stalled(application)?.What}");
        release.Set();
    }

    [Fact]
    public async Task Threads_that_are_idle_or_busy_are_not_taken_for_ones_that_stand_still()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = await StartAsync(
            harness, builder => builder.Stream<string, string>("in").Peek((_, _) => Advance(harness, 20)).To("out"));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        for (var i = 0; i < 10; i++)
        {
            // An hour without a record, and then some that take twenty seconds each.
            Advance(harness, 3600);
            await AppHarness.Until(() => Stalled(application) is null, "the thread's next turn");
            var sent = harness.Values("out").Count;
            Enumerable.Range(0, 5).ToList().ForEach(_ => harness.Send("in", 0, "k", "v"));
            await AppHarness.Until(() => harness.Values("out").Count == sent + 5, "the records");
        }

        Assert.DoesNotContain(_log.Messages, m => m.Contains("has been processing", StringComparison.Ordinal));
    }

    private static void Wait(string value, Gate release)
    {
        if (value == "slow")
        {
            release.Wait();
        }
    }

    private static void Advance(AppHarness harness, int seconds) =>
        ((StreamFlow.Testing.VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromSeconds(seconds));

    private static DateTimeOffset Now(AppHarness harness) => harness.Kafka.Time.GetUtcNow();

    private static StreamTaskStatus? Task(StreamsApplication application, int partition) =>
        application.Status.Threads.SelectMany(t => t.Tasks).FirstOrDefault(t => t.TaskId.Partition == partition);

    private static StalledWork? Stalled(StreamsApplication application) =>
        application.Status.Threads.Select(t => t.Stalled).FirstOrDefault(s => s is not null);

    private static List<(string Name, string? Task, int? Partition, double Value)> Measure()
    {
        var measured = new List<(string, string?, int?, double)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == "StreamFlow")
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        void Add(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray().ToDictionary();
            if (all.GetValueOrDefault("streamflow.application.id") is "progress")
            {
                measured.Add((name, all.GetValueOrDefault("streamflow.task.id") as string, all.GetValueOrDefault("partition") as int?, value));
            }
        }

        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }

    private int Lines(string part) => _log.Messages.Count(m => m.Contains(part, StringComparison.Ordinal));

    private Task<StreamsApplication> StartAsync(
        AppHarness harness, Action<StreamsBuilder> topology, Action<StreamFlowOptions>? configure = null, TimeSpan? interval = null) =>
        harness.StartAsync(
            topology,
            options =>
            {
                options.ApplicationId = "progress";
                configure?.Invoke(options);
            },
            new StreamsServices { Time = harness.Kafka.Time, Logging = _log },
            interval is null ? null : new PollWatch(harness.Kafka, interval.Value));

    private sealed class BlockingSerde(Action reads) : ISerde<string>
    {
        public void Serialize(string value, System.Buffers.IBufferWriter<byte> writer) => Serdes.String.Serialize(value, writer);

        public string Deserialize(ReadOnlySpan<byte> data)
        {
            reads();
            return Serdes.String.Deserialize(data);
        }
    }
}
