namespace StreamFlow.Tests.Conformance;

/// <summary>
/// What a suppression writes to its changelog, byte for byte as Kafka Streams 4.3.1. There a changelog record has no time, and
/// the keys of a commit come in the order of a hash table; so records are compared by key, without their times.
/// </summary>
public sealed class SuppressChangelogTests
{
    /// <summary>The initializer's value in the place of the row before the first update (Z5), as Kafka Streams has it.</summary>
    private const string ZeroBefore = "000000080000000000000000";

    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("SuppressChangelogs.recorded.txt", "== ");

    private static readonly Dictionary<string, Action<StreamsBuilder>> Topologies = new(StringComparer.Ordinal)
    {
        ["C54 tombstones + changelog"] = Table,
        ["F09 suppress format=DEFAULT"] = b => Table(b, "T"),
        ["F09 suppress format=HEADERS"] = b => Table(b, "T"),
        ["suppress changelog of updates"] = Table,
        ["suppress changelog of windows"] = b => Out(Group(b).WindowedBy(TumblingWindows.Of(Ms(10), TimeSpan.Zero)).Count()),
        ["suppress changelog of sessions"] = b => Out(Group(b).WindowedBy(SessionWindows.Of(Ms(10), TimeSpan.Zero)).Count()),
    };

    public static TheoryData<string> Names => [.. Expected.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Changelog_has_the_bytes_of_Kafka_Streams(string name)
    {
        var builder = new StreamsBuilder();
        Topologies[name](builder);
        using var run = new ScenarioRun(builder.Build(), static (in ErrorContext _) => ErrorResponse.Fail, cacheBytes: 0);
        var steps = Expected[name].Where(line => line.Contains(" -> ", StringComparison.Ordinal)).ToList();

        foreach (var step in steps.Select(step => step.Trim().Split(" -> ")))
        {
            Assert.Equal(step[1], run.Pipe(step[0]));
        }

        var recorded = Expected[name].Where(line => line.Contains("raw ", StringComparison.Ordinal)).Select(WithoutZero);
        Assert.Equal(ByKey(recorded), ByKey(run.Raw("app-sup-store-changelog")));
    }

    private static IEnumerable<string> ByKey(IEnumerable<string> lines) =>
        lines.Select(line => line.Trim().Split(' '))
            .Select(parts => (Key: parts[2], Value: $"{parts[3]} {parts[5]}"))
            .GroupBy(record => record.Key)
            .OrderBy(records => records.Key, StringComparer.Ordinal)
            .SelectMany(records => records.Select(record => $"{record.Key} {record.Value}"));

    private static string WithoutZero(string line) => line
        .Replace(ZeroBefore + "fffffffe", "ffffffffffffffff", StringComparison.Ordinal)
        .Replace(ZeroBefore + "000000080000000000000001", "ffffffff000000080000000000000001", StringComparison.Ordinal);

    private static void Table(StreamsBuilder builder) => Table(builder, "in");

    private static void Table(StreamsBuilder builder, string topic) => builder.Table<string, string>(topic)
        .Suppress(Suppressed.UntilTimeLimit(Ms(5)) with { Name = "sup" }).ToStream().To("out");

    private static void Out(KTable<Windowed<string>, long> table) => table
        .Suppress(Suppressed.UntilWindowCloses() with { Name = "sup" })
        .ToStream(r => r.Key.Key).MapValues(v => $"{v}").To("out");

    private static KGroupedStream<string, string> Group(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").GroupByKey();

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
