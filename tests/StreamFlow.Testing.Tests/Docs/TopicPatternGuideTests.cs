using System.Text.RegularExpressions;
using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippet of docs/guide/topic-patterns.md, compiled and run.</summary>
public sealed class TopicPatternGuideTests
{
    [Fact]
    public void Orders_of_all_topics_are_counted()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(new Regex("orders-.*"))
            .GroupBy((_, order) => order)
            .Count(new() { Name = "counts" });

        using var driver = new TopologyTestDriver(builder.Build());
        foreach (var topic in new[] { "orders-eu", "orders-us" })
        {
            driver.CreateInputTopic(topic, Serdes.String, Serdes.String).Pipe("o", "tea");
        }

        Assert.True(driver.GetKeyValueStore<string, long>("counts").TryGet("tea", out var count));
        Assert.Equal(2, count);
    }
}
