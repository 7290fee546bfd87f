using System.Collections.Concurrent;
using System.Globalization;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// A backlog in several partitions, whose records a thread processes in the order of event time as far as the skew says. The
/// clock stands still, so that nobody is released because another one is slow.
/// </summary>
public sealed class BacklogTests
{
    private const int Partitions = 4;
    private const int SkewMs = 10_000;
    private const int SpanMs = 1_800_000;

    public static TheoryData<string> Cases => ["300 300 300 300", "900 20 3 150", "400 0 400 1"];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task No_task_runs_further_ahead_than_the_skew_and_all_is_processed(string sizes)
    {
        await using var harness = new AppHarness(("in", Partitions), ("out", 1));
        var order = new ConcurrentQueue<(int Partition, long Time)>();
        using var gate = new Gate(harness);
        await gate.StartAsync(
            builder => builder.Stream<string, string>("in").Peek(gate.Pass)
                .Peek((key, value) => order.Enqueue((int.Parse(key, CultureInfo.InvariantCulture), Time(value))))
                .SelectKey((_, value) => value).Repartition().To("out"),
            SkewMs);
        var backlog = Backlog(sizes, seed: 1);
        Send(harness, backlog);

        gate.Open();
        await AppHarness.Until(() => order.Count == (Gate.Records * Partitions) + backlog.Sum(b => b.Count), $"all of {sizes}");

        var next = backlog.Select(times => new Queue<long>(times)).ToArray();
        foreach (var (partition, time) in order.Where(o => o.Time >= Gate.Records))
        {
            var behind = next.Where(n => n.Count > 0).Min(n => n.Peek());
            Assert.True(time <= behind + SkewMs, $"partition {partition} was at {time}, another one at {behind}");
            Assert.Equal(time, next[partition].Dequeue());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task No_record_of_a_backlog_is_late_behind_a_repartition_topic(string sizes)
    {
        await using var harness = new AppHarness(("in", Partitions), ("out", 1));
        var counts = new ConcurrentQueue<string>();
        using var gate = new Gate(harness);
        await gate.StartAsync(
            builder => builder.Stream<string, string>("in").Peek(gate.Pass)
                .SelectKey((_, value) => $"{Time(value) % 7}").Repartition()
                .GroupByKey().WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1))).Count()
                .ToStream().ForEach((key, count) => counts.Enqueue($"{key}={count}")),
            SkewMs,
            options => options.CacheMaxBytes = 0);
        var backlog = Backlog(sizes, seed: 1);
        Send(harness, backlog);

        gate.Open();

        // Each record makes one result, unless it is late.
        var all = (Gate.Records * Partitions) + backlog.Sum(b => b.Count);
        await AppHarness.Until(() => counts.Count == all, $"all of {sizes}");
        Assert.Equal(all, counts.Distinct().Count());
    }

    [Fact]
    public async Task Without_a_limit_each_goes_as_fast_as_it_can()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        var order = new ConcurrentQueue<long>();
        using var gate = new Gate(harness);
        await gate.StartAsync(
            builder => builder.Stream<string, string>("in").Peek(gate.Pass)
                .Peek((_, value) => order.Enqueue(Time(value))).SelectKey((_, value) => value).Repartition().To("out"),
            skewMs: -1);
        Send(harness, [[.. Enumerable.Range(10, 500).Select(i => (long)i)], [.. Enumerable.Range(1, 500).Select(i => (long)SpanMs + i)]]);

        gate.Open();
        await AppHarness.Until(() => order.Count == 1000 + (2 * Gate.Records), "all");

        Assert.True(order.ToList().IndexOf(SpanMs + 1) < order.ToList().IndexOf(509));
    }

    /// <summary>Event times of each partition: half an hour, as many records as are said.</summary>
    private static List<List<long>> Backlog(string sizes, int seed)
    {
        var random = new Random(seed);
        return [.. sizes.Split(' ').Select(size =>
        {
            var count = int.Parse(size, CultureInfo.InvariantCulture);
            return Enumerable.Range(0, count).Select(_ => random.NextInt64(Gate.Records, SpanMs)).Order().ToList();
        })];
    }

    private static void Send(AppHarness harness, List<List<long>> backlog)
    {
        for (var partition = 0; partition < backlog.Count; partition++)
        {
            foreach (var time in backlog[partition])
            {
                harness.Send("in", partition, $"{partition}", $"{partition} {time}", time);
            }
        }
    }

    private static long Time(string value) => long.Parse(value.Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>
    /// Holds every thread at a first record until the backlog is there, and at a second one until each partition has come
    /// through the first: nobody may begin while others do not know yet that they have records. The third fills their run.
    /// </summary>
    private sealed class Gate(AppHarness harness) : IDisposable
    {
        public const int Records = 3;
        private readonly ManualResetEventSlim _open = new();
        private CountdownEvent? _through;

        public void Open() => _open.Set();

        public void Pass(string key, string value)
        {
            switch (Time(value))
            {
                case 0:
                    _open.Wait();
                    _through!.Signal();
                    break;
                case 1:
                    _through!.Wait();
                    break;
            }
        }

        public async Task StartAsync(
            Action<StreamsBuilder> topology, int skewMs, Action<StreamFlowOptions>? configure = null)
        {
            var application = await harness.StartAsync(
                topology,
                options =>
                {
                    options.MaxEventTimeSkew = TimeSpan.FromMilliseconds(skewMs);
                    configure?.Invoke(options);
                },
                new StreamsServices { Time = harness.Kafka.Time });
            await AppHarness.Until(() => application.State == StreamsState.Running, "running");
            _through = new CountdownEvent(harness.Kafka.PartitionCount("in"));
            for (var time = 0; time < Records; time++)
            {
                Send(harness, [.. Enumerable.Range(0, harness.Kafka.PartitionCount("in")).Select(_ => new List<long> { time })]);
            }
        }

        public void Dispose()
        {
            _open.Set();
            while (_through is { IsSet: false })
            {
                _through.Signal();
            }

            _open.Dispose();
            _through?.Dispose();
        }
    }
}
