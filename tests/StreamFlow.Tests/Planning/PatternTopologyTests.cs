using System.Text.RegularExpressions;
using StreamFlow.Tests.Conformance;

namespace StreamFlow.Tests.Planning;

/// <summary>
/// The descriptions of topologies that read topics by their names, against what Kafka Streams 4.3.1 printed for the same; where it
/// refuses a topology, so does StreamFlow.
/// </summary>
public sealed class PatternTopologyTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("PatternTopologies.recorded.txt", "=== ");

    private static readonly Dictionary<string, Action<StreamsBuilder>> Described = new(StringComparer.Ordinal)
    {
        ["pattern"] = b => Matching(b, "in-.*").To("out"),
        ["pattern named"] = b => b.Stream<string, string>(new Regex("in-.*"), new() { Name = "all" }).To("out"),
        ["pattern counted"] = b => Matching(b, "in-.*").GroupByKey().Count().ToStream().To("out"),
        ["pattern rekeyed and counted"] = b => Matching(b, "in-.*").GroupBy((_, v) => v).Count().ToStream().To("out"),
        ["pattern joined with a table"] = b =>
            Matching(b, "in-.*").Join(b.Table<string, string>("rows"), (x, y) => x + y).To("out"),
        ["same pattern twice"] = b => Both(b, x => Matching(x, "in-.*").To("o1"), x => Matching(x, "in-.*").To("o2")),
        ["two patterns merged"] = b => Matching(b, "in-.*").Merge(Matching(b, "on-.*")).To("out"),
        ["pattern and topic apart"] = b => Both(b, x => Matching(x, "in-.*").To("o1"), x => Topic(x, "other").To("o2")),
        ["pattern then a topic that matches"] = b => Both(b, x => Matching(x, "in-.*").To("o1"), x => Topic(x, "in-a").To("o2")),
        ["topic then a pattern that matches"] = b => Both(b, x => Topic(x, "in-a").To("o2"), x => Matching(x, "in-.*").To("o1")),
        ["pattern then a table that matches"] = b => Both(
            b, x => Matching(x, "in-.*").To("o1"), x => x.Table<string, string>("in-t").ToStream().To("o2")),
        ["topic of which the pattern matches a part"] = b =>
            Both(b, x => Topic(x, "my-in-a").To("o2"), x => Matching(x, "in-.*").To("o1")),
        ["alternation"] = b => Both(b, x => Topic(x, "inside").To("o2"), x => Matching(x, "in|out").To("o1")),
    };

    private static readonly Dictionary<string, Func<Topology>> PutTogether = new(StringComparer.Ordinal)
    {
        ["low level pattern then a topic that matches"] = () => Source("s", "in-.*").AddSource<string, string>("s2", "in-a"),
        ["low level topic then a pattern that matches"] = () => new Topology()
            .AddSource<string, string>("s2", "in-a").AddSource<string, string>("s", new Regex("in-.*")),
    };

    /// <summary>Kafka Streams takes it, and fails when there is a topic that matches; it is refused here as a topic read twice is.</summary>
    private const string Refused = "low level same pattern twice";

    public static TheoryData<string> Names => [.. Expected.Keys.Where(name => name != Refused)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Description_is_that_of_Kafka_Streams(string name)
    {
        if (Expected[name] is ["EXC"])
        {
            Assert.Contains("in-.*", Assert.Throws<TopologyException>(() => Describe(name)).Message, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(
            TopologyDescriberTests.Normalize(Expected[name]),
            TopologyDescriberTests.Normalize(Describe(name).TrimEnd('\n').Split('\n')));
    }

    [Fact]
    public void Same_pattern_of_two_sources_is_refused()
    {
        var error = Assert.Throws<TopologyException>(() => Source("s", "in-.*").AddSource<string, string>("s2", new Regex("in-.*")));

        Assert.Contains("in-.* is read by s already", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("same", RegexOptions.None, true)]
    [InlineData("SAME", RegexOptions.None, false)]
    [InlineData("same", RegexOptions.IgnoreCase, false)]
    public void Pattern_is_the_same_with_its_text_and_options(string other, RegexOptions options, bool isSame)
    {
        var builder = new StreamsBuilder();
        Matching(builder, "same").To("o1");
        builder.Stream<string, string>(new Regex(other, options)).To("o2");

        Assert.Equal(isSame ? 1 : 2, builder.Build().Describe().Split("Source:").Length - 1);
    }

    [Fact]
    public void Pattern_read_twice_with_other_settings_is_refused()
    {
        var builder = new StreamsBuilder();
        Matching(builder, "in-.*");

        Assert.Contains("different types", Assert.Throws<TopologyException>(
            () => builder.Stream<string, long>(new Regex("in-.*"))).Message, StringComparison.Ordinal);
        Assert.Contains("different offset resets", Assert.Throws<TopologyException>(
            () => builder.Stream<string, string>(new Regex("in-.*"), new() { OffsetReset = OffsetReset.Latest })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Pattern_with_a_comment_at_its_end_is_taken()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>(new Regex("in - .* # all", RegexOptions.IgnorePatternWhitespace)).To("out");

        Assert.Throws<TopologyException>(() => builder.Stream<string, string>("in-a"));
    }

    [Fact]
    public void Mermaid_shows_the_pattern_in_place_of_topics()
    {
        var builder = new StreamsBuilder();
        Matching(builder, "in-.*").To("out");

        Assert.Contains("[[\"in-.*\"]]", builder.Build().ToMermaid(), StringComparison.Ordinal);
    }

    private static string Describe(string name)
    {
        if (PutTogether.TryGetValue(name, out var make))
        {
            return make().Describe();
        }

        var builder = new StreamsBuilder();
        Described[name](builder);
        return builder.Build().Describe();
    }

    private static Topology Source(string name, string pattern) =>
        new Topology().AddSource<string, string>(name, new Regex(pattern));

    private static KStream<string, string> Matching(StreamsBuilder builder, string pattern) =>
        builder.Stream<string, string>(new Regex(pattern));

    private static KStream<string, string> Topic(StreamsBuilder builder, string topic) => builder.Stream<string, string>(topic);

    private static void Both(StreamsBuilder builder, Action<StreamsBuilder> first, Action<StreamsBuilder> second)
    {
        first(builder);
        second(builder);
    }
}
