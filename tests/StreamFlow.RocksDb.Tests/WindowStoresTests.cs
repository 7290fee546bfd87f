using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.RocksDb.Tests;

/// <summary>
/// Windowed aggregations give the same whether their stores are on disk or in memory. Final results are the same with a record
/// cache and without, however far time jumps beyond what a store keeps.
/// </summary>
public sealed class WindowStoresTests
{
    private static readonly string[] Updates = ["hopping", "sliding", "session", "cogroup"];
    private static readonly string[] Finals =
        ["hopping-final", "sliding-final", "session-final", "hopping-held", "sliding-held", "session-held", "cogroup-held"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Windows_give_the_same_over_any_store(int seed)
    {
        var inMemory = Run(seed, new() { Application = Options(0) });
        var onDisk = Run(seed, new() { Application = Options(0), StoreBackend = new RocksDbBackendFactory() });
        var cached = Run(seed, new() { Application = Options(1 << 20), StoreBackend = new RocksDbBackendFactory() });

        Assert.All(Updates.Concat(Finals), topic => Assert.True(inMemory[topic].Count > 20, $"seed {seed}: {inMemory[topic].Count} in {topic}"));
        Assert.All(Updates.Concat(Finals), topic => Assert.Equal(inMemory[topic], onDisk[topic]));
        Assert.All(Finals, topic => Assert.Equal(inMemory[topic].Order(), cached[topic].Order()));
        Assert.All(
            new[] { "hopping", "sliding", "session" },
            kind => Assert.Equal(
                inMemory[kind + "-final"].Order(),
                inMemory[kind + "-held"].Select(line => line.Replace("-held", "-final", StringComparison.Ordinal)).Order()));
    }

    private static StreamFlowOptions Options(long cacheBytes) => new() { ApplicationId = "app", CacheMaxBytes = cacheBytes };

    private static Dictionary<string, List<string>> Run(int seed, TopologyTestDriverOptions options)
    {
        var random = new Random(seed);
        using var driver = new TopologyTestDriver(Describe(), options);
        var time = 1000L;
        for (var i = 0; i < 300; i++)
        {
            time += random.Next(40) == 0 ? random.Next(200_000) : random.Next(8);
            driver.CreateInputTopic(random.Next(3) == 0 ? "two" : "one", Serdes.String, Serdes.String).Pipe(
                ((char)('a' + random.Next(4))).ToString(),
                i.ToString(CultureInfo.InvariantCulture),
                Math.Max(0, time - random.Next(40)));
        }

        driver.CreateInputTopic("one", Serdes.String, Serdes.String).Pipe("end", "x", time + 1_000_000);
        driver.CreateInputTopic("two", Serdes.String, Serdes.String).Pipe("end", "x", time + 1_000_000);
        return Updates.Concat(Finals).ToDictionary(
            topic => topic,
            topic => driver.CreateOutputTopic(topic, Serdes.String, Serdes.String).ReadAll()
                .Select(r => $"seed {seed}, {topic}: {r.Key}={(r.HasValue ? r.Value : "null")}@{r.Timestamp}").ToList());
    }

    private static Topology Describe()
    {
        var builder = new StreamsBuilder();
        var (one, two) = (builder.Stream<string, string>("one").GroupByKey(), builder.Stream<string, string>("two").GroupByKey());
        var hopping = one.WindowedBy(HoppingWindows.Of(Ms(20), Ms(7), Ms(15)));
        var sliding = one.WindowedBy(SlidingWindows.Of(Ms(12), Ms(15)));
        var session = one.WindowedBy(SessionWindows.Of(Ms(9), Ms(15)));
        Out(hopping.Count(), "hopping");
        Out(sliding.Count(), "sliding");
        Out(session.Count(), "session");
        Out(hopping.EmitStrategy(EmitStrategy.OnWindowClose).Count(), "hopping-final");
        Out(sliding.EmitStrategy(EmitStrategy.OnWindowClose).Count(), "sliding-final");
        Out(session.EmitStrategy(EmitStrategy.OnWindowClose).Count(), "session-final");
        Out(hopping.Count().Suppress(Suppressed.UntilWindowCloses()), "hopping-held");
        Out(sliding.Count().Suppress(Suppressed.UntilWindowCloses()), "sliding-held");
        Out(session.Count().Suppress(Suppressed.UntilWindowCloses()), "session-held");
        var both = one.Cogroup<long>((_, _, n) => n + 1).Cogroup(two, (_, _, n) => n + 100)
            .WindowedBy(TumblingWindows.Of(Ms(20), Ms(15))).Aggregate(() => 0L);
        Out(both, "cogroup");
        Out(both.Suppress(Suppressed.UntilWindowCloses()), "cogroup-held");
        return builder.Build();
    }

    private static void Out(KTable<Windowed<string>, long> table, string topic) => table
        .ToStream(r => $"{r.Key.Key}[{r.Key.Window.Start}/{r.Key.Window.End}]")
        .MapValues(v => $"{v}")
        .To(topic);

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
