using System.Globalization;
using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// Joins of two streams against a model that says in a page what they are to do: random windows, records that come late or far
/// ahead, missing keys and values, restarts, and commits that come seldom, so that stores hold what is not committed.
/// </summary>
public sealed class StreamJoinModelTests
{
    private const int Records = 150;

    public static TheoryData<int, int> Seeds
    {
        get
        {
            var seeds = new TheoryData<int, int>();
            for (var i = 0; i < 90; i++)
            {
                seeds.Add(i % 3, i);
            }

            return seeds;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Join_does_what_the_model_says(int kind, int seed)
    {
        var random = new Random(seed);
        var windows = RandomWindows(random);
        var model = new StreamJoinModel(kind >= 1, kind == 2, windows);
        using var run = new Run(Describe(kind, windows, isSelf: false, TopologyOptimization.None), $"kind {kind}, seed {seed}, {windows}");

        run.Go(random, (side, key, value, time) => model.Pipe(side == "L", key, value, time), model.Restart, "L", "R");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Self_join_does_with_one_store_what_it_does_with_two(int kind, int seed)
    {
        var windows = RandomWindows(new Random(seed));
        foreach (var optimization in new[] { TopologyOptimization.None, TopologyOptimization.SelfJoin })
        {
            var random = new Random(seed);
            var model = new StreamJoinModel(kind >= 1, kind == 2, windows);
            using var run = new Run(
                Describe(kind, windows, isSelf: true, optimization), $"kind {kind}, seed {seed}, {optimization}, {windows}");

            run.Go(
                random,
                (_, key, value, time) =>
                    [.. model.Pipe(true, key, value, time), .. model.Pipe(false, key, value, time)],
                model.Restart,
                "L");
        }
    }

    private static JoinWindows RandomWindows(Random random)
    {
        int[] sizes = [0, 1, 5, 12];
        var windows = JoinWindows.Of(
            TimeSpan.FromMilliseconds(sizes[random.Next(sizes.Length)]), TimeSpan.FromMilliseconds(random.Next(3) * 7));
        return random.Next(3) switch
        {
            0 => windows,
            1 => windows with { After = TimeSpan.FromMilliseconds(sizes[random.Next(sizes.Length)]) },
            _ => windows with { After = TimeSpan.FromMilliseconds(12), Before = TimeSpan.FromMilliseconds(-random.Next(1, 6)) },
        };
    }

    private static Topology Describe(int kind, JoinWindows windows, bool isSelf, TopologyOptimization optimization)
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        var left = builder.Stream<string, string>("L");
        var right = isSelf ? left : builder.Stream<string, string>("R");
        var joined = kind switch
        {
            0 => left.Join(right, (l, r) => l + "+" + r, windows),
            1 => left.LeftJoin(right, (l, r) => l + "+" + (r?.Value ?? "null"), windows),
            _ => left.OuterJoin(right, (l, r) => (l?.Value ?? "null") + "+" + (r?.Value ?? "null"), windows),
        };
        joined.To("out");
        return builder.Build(new TopologyOptions { Optimization = optimization });
    }

    /// <summary>One topology over stores that outlive it.</summary>
    private sealed class Run(Topology topology, string what) : IDisposable
    {
        private readonly Dictionary<string, InMemoryBackend> _backends = [];
        private TaskHarness _harness = null!;

        public void Go(
            Random random, Func<string, string?, string?, long, List<string>> model, Action restarted, params string[] topics)
        {
            _harness = new TaskHarness(topology, backends: _backends);
            var time = 100L;
            for (var i = 0; i < Records; i++)
            {
                time += random.Next(40) == 0 ? random.Next(200_000) : random.Next(4);
                var at = Math.Max(0, time - (random.Next(3) == 0 ? random.Next(40) : 0));
                var key = random.Next(25) == 0 ? null : ((char)('a' + random.Next(3))).ToString();
                var value = random.Next(25) == 0 ? null : i.ToString(CultureInfo.InvariantCulture);
                var topic = topics[random.Next(topics.Length)];

                _harness.Process(topic, Bytes(key), Bytes(value), at);

                Assert.Equal(
                    $"{what}, record {i} {topic} {key}:{value}@{at}: {string.Join(' ', model(topic, key, value, at))}",
                    $"{what}, record {i} {topic} {key}:{value}@{at}: {string.Join(' ', Results())}");
                if (random.Next(8) == 0)
                {
                    _harness.Commit();
                }

                if (random.Next(20) == 0)
                {
                    _harness.Commit();
                    _harness = new TaskHarness(topology, backends: _backends);
                    restarted();
                }
            }
        }

        public void Dispose()
        {
            foreach (var backend in _backends.Values)
            {
                backend.Dispose();
            }
        }

        private IEnumerable<string> Results()
        {
            while (_harness.Producer.Records.TryDequeue(out var record))
            {
                if (record.Topic == "out")
                {
                    yield return string.Create(
                        CultureInfo.InvariantCulture, $"{Text(record.Key) ?? "null"}={Text(record.Value)}@{record.Timestamp}");
                }
            }
        }

        private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

        private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
    }
}
