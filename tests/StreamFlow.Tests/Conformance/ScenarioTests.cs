using System.Globalization;

namespace StreamFlow.Tests.Conformance;

/// <summary>
/// What Kafka Streams 4.3.1 did with the same topologies and the same records: outputs with times and headers, changelog
/// bytes, dropped records. Exceptions are compared as such, their texts are not contract.
/// </summary>
public sealed class ScenarioTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("Scenarios.recorded.txt", "== ");

    /// <summary>Where StreamFlow means to differ: docs/guide/differences.md says why.</summary>
    private static readonly Dictionary<(string Scenario, string Line), string?> Differences = new()
    {
        // A record without a key that a repartition leaves out is counted.
        [("C22", "  dropped=0.0")] = "  dropped=1.0",
        [("stream-table inner rekeyed", "  dropped=0.0")] = "  dropped=2.0",
        [("stream-table inner repartitioned", "  dropped=0.0")] = "  dropped=1.0",
        [("stream-table inner beside a count", "  dropped=0.0")] = "  dropped=2.0",
        [("stream-table inner behind a count", "  dropped=0.0")] = "  dropped=1.0",
        [("stream-table left beside a count", "  dropped=0.0")] = "  dropped=1.0",

        // The changelog gets the last of the updates between two commits, with the record cache off too.
        [("C23 cache=0", "    raw app-s-changelog key=6b val=0000000000000001 ts=5 hdr=")] = null,
        [("C23 cache=0", "    raw app-s-changelog key=6b val=0000000000000002 ts=5 hdr=")] = null,
        [("C23b cache=0", "    raw app-s-changelog key=6b val=302b61 ts=5 hdr=")] = null,
    };

    public static TheoryData<string> Names => [.. Expected.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scenario_matches_the_recording(string name)
    {
        var builder = new StreamsBuilder();
        ScenarioTopologies.Find(name)(builder);
        using var run = new ScenarioRun(
            builder.Build(),
            name.EndsWith("continue", StringComparison.Ordinal)
                ? static (in ErrorContext _) => ErrorResponse.Continue
                : static (in ErrorContext _) => ErrorResponse.Fail,
            CacheBytes(name));

        var actual = new List<string>();
        foreach (var line in Expected[name])
        {
            actual.AddRange(Step(run, line, actual));
        }

        var expected = Expected[name]
            .Select(line => Differences.GetValueOrDefault((name, line), line))
            .OfType<string>();
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    private static IEnumerable<string> Step(ScenarioRun run, string line, List<string> sofar)
    {
        var text = line.Trim();
        if (text.StartsWith("dropped=", StringComparison.Ordinal))
        {
            return [$"  dropped={run.Dropped}.0"];
        }

        if (text.StartsWith("topics=", StringComparison.Ordinal))
        {
            // Java prints a hash set: the recording's own order is taken for what is in both.
            var recorded = text["topics=[".Length..^1].Split(", ");
            var topics = recorded.Where(run.Topics.Contains).Concat(run.Topics.Except(recorded));
            return [$"  topics=[{string.Join(", ", topics)}]"];
        }

        if (text.StartsWith("raw ", StringComparison.Ordinal))
        {
            // The first line of a topic asks for all of it.
            var topic = text.Split(' ')[1];
            return sofar.Exists(done => done.Contains($"raw {topic} ", StringComparison.Ordinal)) ? [] : run.Raw(topic);
        }

        var step = text[..text.IndexOf(" -> ", StringComparison.Ordinal)];
        return [$"  {step} -> {run.Pipe(step)}"];
    }

    private static long CacheBytes(string name)
    {
        var at = name.IndexOf("cache=", StringComparison.Ordinal);
        return at >= 0 ? long.Parse(name[(at + 6)..], CultureInfo.InvariantCulture) : name == "cached windows" ? 1000000 : 0;
    }
}
