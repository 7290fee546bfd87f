using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Conformance;

/// <summary>Recorded scenarios that need no runner: what Kafka Streams 4.3.1 printed stands beside what is expected here.</summary>
public sealed class SmallScenarioTests
{
    /// <summary>
    /// G06: sessions without a gap. Kafka Streams begins such a session anew with each record ("[k@5/5]=1" twice), and counts the
    /// last record as too late, which it is here as well; what is accepted counts here.
    /// </summary>
    [Fact]
    public void Session_gap_of_nothing_counts_what_it_accepts()
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        builder.Stream<string, string>("in").GroupByKey()
            .WindowedBy(SessionWindows.Of(TimeSpan.Zero, TimeSpan.Zero)).Count(new() { Name = "s" })
            .ToStream((key, _) => $"[{key.Key}@{key.Window.Start}/{key.Window.End}]").MapValues(n => n.ToString(CultureInfo.InvariantCulture))
            .To("out");
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { Application = new() { ApplicationId = "app", CacheMaxBytes = 0 } });
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        foreach (var time in new[] { 5L, 5, 6, 5 })
        {
            input.Pipe("k", "v", time);
        }

        Assert.Equal(
            ["[k@5/5]=1", "[k@5/5]=2", "[k@6/6]=1"],
            driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Where(r => r.HasValue).Select(r => $"{r.Key}={r.Value}"));
        Assert.Equal(1, driver.Metrics.Drops.Sum(d => d.Count));
    }

    /// <summary>G06: a negative gap.</summary>
    [Fact]
    public void Negative_session_gap_is_refused() =>
        Assert.ThrowsAny<ArgumentException>(() => SessionWindows.Of(TimeSpan.FromMilliseconds(-1), TimeSpan.Zero));

    /// <summary>G08: the foreign key is taken from key and value. The results and times are those that were recorded.</summary>
    [Fact]
    public void Foreign_key_is_taken_from_key_and_value()
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        builder.Table<string, string>("L")
            .Join(builder.Table<string, string>("R"), (key, value) => value == "nofk" ? null! : key[..1], (x, y) => x + "," + y, new() { Name = "fk" })
            .ToStream().To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { Application = new() { ApplicationId = "app" } });
        foreach (var (topic, key, value, time) in new[]
        {
            ("R", "a", "r", 1L), ("L", "a1", "x", 2), ("L", "a2", "y", 3), ("L", "b1", "z", 4), ("L", "a1", "nofk", 5), ("L", "a1", "w", 6),
        })
        {
            driver.CreateInputTopic(topic, Serdes.String, Serdes.String).Pipe(key, value, time);
        }

        Assert.Equal(
            ["a1=x,r@2", "a2=y,r@3", "a1=null@5", "a1=w,r@6"],
            driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll()
                .Select(r => $"{r.Key}={(r.HasValue ? r.Value : "null")}@{r.Timestamp}"));
        Assert.Equal(1, driver.Metrics.Drops.Sum(d => d.Count));
    }
}
