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
    public void No_topic_at_all_is_refused_in_words() => Assert.StartsWith(
        "There are no topics to read. Give at least one.",
        Assert.Throws<ArgumentException>(() => new StreamsBuilder().Stream<string, string>(Array.Empty<string>())).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_name_longer_than_Kafka_allows_is_refused() =>
        Assert.Contains("1 to 249 characters", Assert.Throws<TopologyException>(
            () => new StreamsBuilder().Stream<string, string>(new string('a', 250))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_name_that_is_too_long_says_how_long_it_is() =>
        Assert.Contains("it has 300 characters", Assert.Throws<TopologyException>(
            () => new StreamsBuilder().Stream<string, string>("in").To(new string('a', 300))).Message, StringComparison.Ordinal);

    /// <summary>Each part is short enough; what is made of them is not.</summary>
    [Fact]
    public void A_store_whose_changelog_has_too_long_a_name_is_refused_when_it_is_built()
    {
        var error = Assert.Throws<TopologyException>(() => Counted(240).Build());

        Assert.Contains("has 250 characters, and 252 with what comes before it", error.Message, StringComparison.Ordinal);
        Assert.Contains("249", error.Message, StringComparison.Ordinal);
        Assert.NotNull(Counted(237).Build());
    }

    [Fact]
    public void An_application_id_that_makes_a_name_too_long_is_refused_before_a_broker_is_asked()
    {
        var topology = Counted(200).Build();
        var clients = new StreamFlow.Testing.InMemoryKafka();

        var error = Assert.Throws<TopologyException>(() => new StreamsApplication(
            topology, new StreamFlowOptions { ApplicationId = new string('x', 39) }, clients));

        Assert.Contains("ApplicationId", error.Message, StringComparison.Ordinal);
        Assert.Contains("(39 characters) and a hyphen", error.Message, StringComparison.Ordinal);
        Assert.Contains("has 210 characters, and 250 with", error.Message, StringComparison.Ordinal);
        Assert.NotNull(new StreamsApplication(topology, new StreamFlowOptions { ApplicationId = new string('x', 38) }, clients));
    }

    private static StreamsBuilder Counted(int length)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = new string('s', length) });
        return builder;
    }

    [Fact]
    public void A_chooser_that_returns_no_topic_is_told_what_to_do()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To(record => record.Value == "none" ? null! : "out");
        Exception? failure = null;
        var harness = new TaskHarness(builder.Build(), (in ErrorContext context) =>
        {
            failure = context.Exception;
            return ErrorResponse.Continue;
        });

        harness.Pipe("in", "k", "none", 1);
        harness.Pipe("in", "k", "v", 2);

        Assert.Equal("k=v@2", harness.Read("out"));
        Assert.StartsWith("The function that chooses the topic returned null. Return", failure?.Message, StringComparison.Ordinal);
    }
}
