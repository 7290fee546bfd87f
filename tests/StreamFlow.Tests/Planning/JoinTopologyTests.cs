using StreamFlow.State;
using StreamFlow.Tests.Conformance;

namespace StreamFlow.Tests.Planning;

/// <summary>
/// Names, numbers and structure of joins against what Kafka Streams 4.3.1 printed for the same topologies, with and without
/// <c>topology.optimization=all</c>. The order of neighbours, and of the stores of a node, depends on a hash table there.
/// </summary>
public sealed class JoinTopologyTests
{
    private const string Optimized = " optimized";

    private static readonly IReadOnlyDictionary<string, string[]> Expected = Recorded.Blocks("JoinTopologies.recorded.txt", "=== ");

    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["inner"] = b => L(b).Join(R(b), Both, Windows).To("out"),
        ["left"] = b => L(b).LeftJoin(R(b), Left, Windows).To("out"),
        ["outer"] = b => L(b).OuterJoin(R(b), Outer, Windows).To("out"),
        ["inner named"] = b => L(b).Join(R(b), Both, Windows, new() { Name = "j" }).To("out"),
        ["left named"] = b => L(b).LeftJoin(R(b), Left, Windows, new() { Name = "j" }).To("out"),
        ["outer named with stores"] = b =>
            L(b).OuterJoin(R(b), Outer, Windows, new() { Name = "j", StoreName = "js" }).To("out"),
        ["inner with stores"] = b => L(b).Join(R(b), Both, Windows, new() { StoreName = "js" }).To("out"),
        ["left with stores"] = b => L(b).LeftJoin(R(b), Left, Windows, new() { StoreName = "js" }).To("out"),
        ["left rekeyed"] = b => ByValue(L(b)).Join(R(b), Both, Windows).To("out"),
        ["right rekeyed"] = b => L(b).LeftJoin(ByValue(R(b)), Left, Windows).To("out"),
        ["both rekeyed"] = b => ByValue(L(b)).OuterJoin(ByValue(R(b)), Outer, Windows).To("out"),
        ["both rekeyed and named"] = b => ByValue(L(b)).Join(ByValue(R(b)), Both, Windows, new() { Name = "j" }).To("out"),
        ["two joins of one rekeyed stream"] = b =>
        {
            var stream = ByValue(L(b));
            stream.Join(R(b), Both, Windows).To("o1");
            stream.LeftJoin(U(b), Left, Windows).To("o2");
        },
        ["join behind a join"] = b => L(b).Join(R(b), Both, Windows).LeftJoin(U(b), Left, Windows)
            .GroupByKey().Count().ToStream().To("out"),
        ["self"] = b => Self(L(b), Windows),
        ["self named"] = b => Self(L(b), Windows, new() { Name = "j", StoreName = "js" }),
        ["self left"] = b =>
        {
            var stream = L(b);
            stream.LeftJoin(stream, Left, Windows).To("out");
        },
        ["self outer"] = b =>
        {
            var stream = L(b);
            stream.OuterJoin(stream, Outer, Windows).To("out");
        },
        ["self rekeyed"] = b => Self(ByValue(L(b)), Windows),
        ["self twice read"] = b => L(b).Join(L(b), Both, Windows).To("out"),
        ["self behind a filter"] = b => Self(L(b).Filter((_, _) => true), Windows),
        ["filtered with itself"] = b =>
        {
            var stream = L(b);
            stream.Join(stream.Filter((_, _) => true), Both, Windows).To("out");
        },
        ["self and a sink behind"] = b =>
        {
            var stream = L(b);
            Self(stream, Windows);
            stream.To("o2");
        },
    };

    public static TheoryData<string> Names => [.. Expected.Keys];

    private static JoinWindows Windows => JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(5));

    [Theory]
    [MemberData(nameof(Names))]
    public void Description_is_that_of_Kafka_Streams(string name)
    {
        var builder = new StreamsBuilder();
        var isOptimized = name.EndsWith(Optimized, StringComparison.Ordinal);
        Topologies[isOptimized ? name[..^Optimized.Length] : name](builder);

        var actual = builder.Build(new TopologyOptions
        {
            Optimization = isOptimized ? TopologyOptimization.All : TopologyOptimization.None,
        }).Describe();

        Assert.Equal(Normalize(Expected[name]), Normalize(actual.TrimEnd('\n').Split('\n')));
    }

    [Fact]
    public void Every_topology_is_recorded() =>
        Assert.Equal(Topologies.Keys.SelectMany(name => new[] { name, name + Optimized }).Order(), Expected.Keys.Order());

    [Fact]
    public void Self_join_can_be_switched_by_itself()
    {
        static int Stores(TopologyOptimization optimization)
        {
            var builder = new StreamsBuilder();
            Self(L(builder), Windows);
            return builder.Build(new TopologyOptions { Optimization = optimization }).Plan.SubTopologies[0].Stores.Count;
        }

        Assert.Equal(2, Stores(TopologyOptimization.All & ~TopologyOptimization.SelfJoin));
        Assert.Equal(1, Stores(TopologyOptimization.SelfJoin));
    }

    [Fact]
    public void Streams_of_two_builders_are_not_joined()
    {
        var error = Assert.Throws<TopologyException>(() => L(new StreamsBuilder()).Join(R(new StreamsBuilder()), Both, Windows));

        Assert.Contains("one StreamsBuilder", error.Message, StringComparison.Ordinal);
    }

    private static void Self(
        KStream<string, string> stream, JoinWindows windows, StreamJoined<string, string, string>? joined = null) =>
        stream.Join(stream, Both, windows, joined).To("out");

    private static KStream<string, string> L(StreamsBuilder builder) => builder.Stream<string, string>("L");

    private static KStream<string, string> R(StreamsBuilder builder) => builder.Stream<string, string>("R");

    private static KStream<string, string> U(StreamsBuilder builder) => builder.Stream<string, string>("U");

    private static KStream<string, string> ByValue(KStream<string, string> stream) => stream.SelectKey((_, v) => v);

    private static string Both(string left, string right) => left + right;

    private static string Left(string left, ValueAndTimestamp<string>? right) => left + right?.Value;

    private static string Outer(ValueAndTimestamp<string>? left, ValueAndTimestamp<string>? right) => left?.Value + right?.Value;

    private static string Normalize(IEnumerable<string> lines) => TopologyDescriberTests.Normalize(lines.Select(SortStores));

    private static string SortStores(string line)
    {
        const string mark = "(stores: [";
        var start = line.IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        return start < mark.Length
            ? line
            : line[..start] + string.Join(", ", line[start..^2].Split(", ").Order(StringComparer.Ordinal)) + line[^2..];
    }
}
