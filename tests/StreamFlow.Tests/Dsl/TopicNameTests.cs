namespace StreamFlow.Tests.Dsl;

/// <summary>A name that no broker takes is refused where it is written, not when the application starts.</summary>
public sealed class TopicNameTests
{
    [Theory]
    [InlineData("two words", "not ' '")]
    [InlineData("a/b", "not '/'")]
    [InlineData("größe", "not 'ö'")]
    [InlineData("..", "not be '.' or '..'")]
    public void A_name_that_no_topic_can_have_is_refused_with_the_reason(string topic, string reason)
    {
        var builder = new StreamsBuilder();
        var errors = new[]
        {
            Assert.Throws<TopologyException>(() => builder.Stream<string, string>(topic)),
            Assert.Throws<TopologyException>(() => builder.Stream<string, string>(["in", topic])),
            Assert.Throws<TopologyException>(() => builder.Table<string, string>(topic)),
            Assert.Throws<TopologyException>(() => builder.Stream<string, string>("in").To(topic)),
        };

        Assert.All(errors, e => Assert.StartsWith($"'{topic}' is no name of a topic: ", e.Message, StringComparison.Ordinal));
        Assert.All(errors, e => Assert.Contains(reason, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_longer_than_Kafka_allows_is_refused() =>
        Assert.Contains("1 to 249 characters", Assert.Throws<TopologyException>(
            () => new StreamsBuilder().Stream<string, string>(new string('a', 250))).Message, StringComparison.Ordinal);
}
