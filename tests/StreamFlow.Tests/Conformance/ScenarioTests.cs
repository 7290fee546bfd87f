using System.Globalization;

namespace StreamFlow.Tests.Conformance;

/// <summary>
/// What Kafka Streams 4.3.1 did with the same topologies and the same records: outputs with times and headers, changelog
/// bytes, dropped records. Exceptions are compared as such, their texts are not contract.
/// </summary>
public sealed class ScenarioTests
{
    private static readonly Dictionary<string, ScenarioSet> Sets = ScenarioSet.All
        .SelectMany(set => set.Recorded.Keys.Select(name => (name, set)))
        .ToDictionary(scenario => scenario.name, scenario => scenario.set, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Sets.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scenario_matches_the_recording(string name)
    {
        var set = Sets[name];
        var printed = new List<string>();
        using var run = new ScenarioRun(Topology(set, name, printed.Add), Handler(set, name, printed.Add), CacheBytes(name), Clock(name));

        var actual = new List<string>();
        foreach (var line in set.Recorded[name])
        {
            var step = Step(run, line, actual).ToList();
            actual.AddRange(printed.Select(text => "    " + text));
            printed.Clear();
            actual.AddRange(step);
        }

        var expected = set.Recorded[name]
            .Select(line => set.Differences.GetValueOrDefault((name, line), line))
            .OfType<string>();
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    [Fact]
    public void Every_topology_has_a_recording_and_every_difference_a_line_of_one()
    {
        foreach (var set in ScenarioSet.All)
        {
            Assert.Empty(set.Topologies.Keys.Concat(set.Programs.Keys).Concat(set.Handlers.Keys).Except(set.Recorded.Keys));
            Assert.All(set.Differences.Keys, d => Assert.Contains(d.Line, set.Recorded[d.Scenario]));
        }
    }

    private static Topology Topology(ScenarioSet set, string name, Action<string> print)
    {
        if (set.Programs.TryGetValue(name, out var program))
        {
            return program(print);
        }

        var builder = new StreamsBuilder();
        set.Topologies[name](builder);
        return builder.Build(new TopologyOptions
        {
            Optimization = name.EndsWith("opt=1", StringComparison.Ordinal) ? TopologyOptimization.All : TopologyOptimization.None,
        });
    }

    private static ErrorHandler Handler(ScenarioSet set, string name, Action<string> print) =>
        set.Handlers.TryGetValue(name, out var handler) ? handler(print)
        : name.EndsWith("continue", StringComparison.Ordinal) ? static (in ErrorContext _) => ErrorResponse.Continue
        : static (in ErrorContext _) => ErrorResponse.Fail;

    /// <summary>What the wall clock shows first, in milliseconds since 1970.</summary>
    private static long Clock(string name)
    {
        var at = name.IndexOf("clock ", StringComparison.Ordinal);
        return at >= 0 && long.TryParse(name[(at + 6)..], CultureInfo.InvariantCulture, out var clock) ? clock : 0;
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

        if (line.StartsWith("    ", StringComparison.Ordinal))
        {
            // The program prints it.
            return [];
        }

        var step = text[..text.IndexOf(" -> ", StringComparison.Ordinal)];
        if (step.TrimStart('#').StartsWith("adv ", StringComparison.Ordinal))
        {
            return [$"  {step} -> {run.Advance(long.Parse(step.TrimStart('#')[4..], CultureInfo.InvariantCulture))}"];
        }

        return [$"  {step} -> {run.Pipe(step)}"];
    }

    private static long CacheBytes(string name)
    {
        var at = name.IndexOf("cache=", StringComparison.Ordinal);
        return at < 0 ? name == "cached windows" ? 1_000_000 : 0
            : bool.TryParse(name[(at + 6)..], out var cached) ? (cached ? 10_000_000 : 0)
            : long.Parse(name[(at + 6)..], CultureInfo.InvariantCulture);
    }
}
