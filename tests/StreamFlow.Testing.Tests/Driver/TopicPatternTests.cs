using System.Text.RegularExpressions;
using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>Topics that match a pattern are there as soon as a test, or a record that chooses its topic, makes them.</summary>
public sealed class TopicPatternTests
{
    [Fact]
    public void Records_of_topics_that_match_are_taken_and_state_goes_on()
    {
        using var driver = Driver(b => b.Stream<string, string>(new Regex("in-.*")).GroupByKey().Count(new() { Name = "counts" })
            .ToStream().To("out"));
        foreach (var topic in new[] { "in-a", "in-b", "in-a" })
        {
            Input(driver, topic).Pipe("k", "v");
        }

        Assert.Equal([1L, 2L, 3L], Read(driver, Serdes.Int64));
        Assert.True(driver.GetKeyValueStore<string, long>("counts").TryGet("k", out var count));
        Assert.Equal(3, count);
    }

    [Fact]
    public void Repartition_topic_is_made_with_the_first_topic_that_matches()
    {
        using var driver = Driver(b => b.Stream<string, string>(new Regex("in-.*")).GroupBy((_, v) => v).Count(new() { Name = "counts" })
            .ToStream().To("out"));
        Input(driver, "in-a").Pipe("k", "v");

        Assert.Equal([1L], Read(driver, Serdes.Int64));
    }

    [Fact]
    public void Topic_that_a_record_chooses_is_read_when_it_matches()
    {
        using var driver = Driver(b =>
        {
            b.Stream<string, string>("start").To(record => "in-" + record.Value);
            b.Stream<string, string>(new Regex("in-.*")).MapValues(v => v + "!").To("out");
        });
        var input = Input(driver, "start");
        input.Pipe("k", "a");
        input.Pipe("k", "b");

        Assert.Equal(["a!", "b!"], Read(driver, Serdes.String));
    }

    [Fact]
    public void Partitions_of_topics_that_match_may_be_given()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(new Regex("in-.*")).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { Partitions = new Dictionary<string, int> { ["in-a"] = 3 } });
        Input(driver, "in-a").Pipe("k", "v");

        Assert.Equal(3, driver.Kafka.PartitionCount("in-a"));
        Assert.Equal(["v"], Read(driver, Serdes.String));
    }

    [Fact]
    public void Topic_that_does_not_match_is_refused()
    {
        using var driver = Driver(b => b.Stream<string, string>(new Regex("in-.*")).To("out"));

        Assert.Contains("does not read topic 'my-in-a'", Assert.Throws<ArgumentException>(() => Input(driver, "my-in-a")).Message, StringComparison.Ordinal);
    }

    private static List<TValue> Read<TValue>(TopologyTestDriver driver, ISerde<TValue> values) =>
        [.. driver.CreateOutputTopic("out", Serdes.String, values).ReadAll().Select(record => record.Value)];

    private static TopologyTestDriver Driver(Action<StreamsBuilder> describe)
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        describe(builder);
        return new TopologyTestDriver(builder.Build());
    }

    private static TestInputTopic<string, string> Input(TopologyTestDriver driver, string topic) =>
        driver.CreateInputTopic(topic, Serdes.String, Serdes.String);
}
