using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.RocksDb.Tests;

/// <summary>Joins give the same whether their stores are on disk or in memory, with a record cache or without.</summary>
public sealed class JoinStoresTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Joins_give_the_same_over_any_store(int seed)
    {
        var expected = Run(seed, new TopologyTestDriverOptions { Application = Options(cacheBytes: 0) });
        var cached = Run(seed, new TopologyTestDriverOptions { Application = Options(cacheBytes: 1 << 20) });
        var onDisk = Run(seed, new TopologyTestDriverOptions { Application = Options(cacheBytes: 0), StoreBackend = new RocksDbBackendFactory() });

        Assert.True(expected.Count > 300, $"seed {seed}: {expected.Count} results");
        Assert.Equal(string.Join('\n', expected), string.Join('\n', cached));
        Assert.Equal(string.Join('\n', expected), string.Join('\n', onDisk));
    }

    private static StreamFlowOptions Options(long cacheBytes) => new() { ApplicationId = "app", CacheMaxBytes = cacheBytes };

    private static List<string> Run(int seed, TopologyTestDriverOptions options)
    {
        var random = new Random(seed);
        using var driver = new TopologyTestDriver(Describe(), options);
        var topics = new[] { "L", "R", "T", "G" };
        var time = 1000L;
        for (var i = 0; i < 400; i++)
        {
            time += random.Next(50) == 0 ? random.Next(150_000) : random.Next(6);
            driver.CreateInputTopic(topics[random.Next(topics.Length)], Serdes.String, Serdes.String).Pipe(
                ((char)('a' + random.Next(4))).ToString(),
                i.ToString(CultureInfo.InvariantCulture),
                Math.Max(0, time - random.Next(40)));
        }

        return [.. from topic in new[] { "inner", "left", "outer", "self", "as-of", "global" }
            from record in driver.CreateOutputTopic(topic, Serdes.String, Serdes.String).ReadAll()
            select $"seed {seed}, {topic}: {record.Key}={record.Value}@{record.Timestamp}"];
    }

    private static Topology Describe()
    {
        var builder = new StreamsBuilder();
        var (left, right) = (builder.Stream<string, string>("L"), builder.Stream<string, string>("R"));
        var windows = JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(15));
        left.Join(right, (l, r) => $"{l}+{r}", windows).To("inner");
        left.LeftJoin(right, (l, r) => $"{l}+{r?.Value}", windows with { Before = TimeSpan.Zero }).To("left");
        left.OuterJoin(right, (l, r) => $"{l?.Value}+{r?.Value}", windows with { After = TimeSpan.FromMilliseconds(30) }).To("outer");
        left.Join(left, (l, r) => $"{l}+{r}", windows).To("self");
        left.LeftJoin(
            builder.Table<string, string>("T", materialized: new() { Name = "rows", History = TimeSpan.FromMilliseconds(60) }),
            (l, row) => $"{l}+{row?.Value}",
            new() { Name = "as-of", GracePeriod = TimeSpan.FromMilliseconds(20) }).To("as-of");
        left.LeftJoin(builder.GlobalTable<string, string>("G"), (k, _) => k, (l, row) => $"{l}+{row?.Value}").To("global");
        return builder.Build(new TopologyOptions { Optimization = TopologyOptimization.SelfJoin });
    }
}
