using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace StreamFlow.Tests.Conformance;

/// <summary>Runs recorded scenarios line by line.</summary>
internal static partial class ScenarioRunner
{
    private static readonly Dictionary<string, ScenarioSet> Sets = ScenarioSet.All
        .SelectMany(set => set.Recorded.Keys.Select(name => (name, set)))
        .ToDictionary(scenario => scenario.name, scenario => scenario.set, StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<string, Lazy<(string Expected, string Actual)>> Runs = new(StringComparer.Ordinal);

    public static IReadOnlyCollection<string> Names => Sets.Keys;

    /// <summary>Whether a line of it comes otherwise here, on purpose.</summary>
    public static bool IsMended(string name) => Sets[name].Differences.Keys.Any(difference => difference.Scenario == name);

    /// <summary>What is to come, the differences that are meant taken in, and what came. Each is run once, whoever asks.</summary>
    public static (string Expected, string Actual) Run(string name) => Runs.GetOrAdd(name, n => new(() => RunOnce(n))).Value;

    private static (string Expected, string Actual) RunOnce(string name)
    {
        var set = Sets[name];
        var printed = new List<string>();
        using var run = new ScenarioRun(
            Topology(set, name, printed.Add), Handler(set, name, printed.Add), CacheBytes(set, name), Clock(name),
            options => set.Options?.Invoke(name, options));

        var actual = new List<string>();
        var previous = string.Empty;
        foreach (var line in set.Recorded[name])
        {
            var step = Step(run, line, previous, actual).ToList();
            actual.AddRange(printed.Select(text => "    " + text));
            printed.Clear();
            actual.AddRange(step);
            previous = line;
        }

        return (string.Join('\n', Expected(set, name)), string.Join('\n', actual));
    }

    private static IEnumerable<string> Expected(ScenarioSet set, string name)
    {
        var before = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in set.Recorded[name].Where(line => !line.StartsWith("  # ", StringComparison.Ordinal)))
        {
            var instead = !before.Add(line) && set.Differences.TryGetValue((name, line + Mended.Again), out var again) ? again
                : set.Differences.GetValueOrDefault((name, line), line);
            if (instead is not null)
            {
                yield return instead;
            }
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

    private static IEnumerable<string> Step(ScenarioRun run, string line, string previous, List<string> sofar)
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

        return line.StartsWith("    ", StringComparison.Ordinal) ? Asked(run, line, previous) : Moved(run, text);
    }

    /// <summary>The first line of some dead letters asks for all that are there. Any other line is printed by the program.</summary>
    private static IEnumerable<string> Asked(ScenarioRun run, string line, string previous)
    {
        var isHeader = previous.StartsWith("      ", StringComparison.Ordinal);
        return LettersOf().Match(line) is { Success: true } match && !isHeader ? run.Letters(match.Groups[1].Value)
            : line.StartsWith("    store: ", StringComparison.Ordinal) ? [run.StoreViews("st", "j")]
            : line.StartsWith("    store ", StringComparison.Ordinal) ? [run.Store("gs")]
            : [];
    }

    private static IEnumerable<string> Moved(ScenarioRun run, string text)
    {
        if (text.StartsWith("# adv ", StringComparison.Ordinal))
        {
            run.Advance(long.Parse(text[6..], CultureInfo.InvariantCulture));
            return [];
        }

        var step = text[..text.IndexOf(" -> ", StringComparison.Ordinal)];
        return step.TrimStart('#').StartsWith("adv ", StringComparison.Ordinal)
            ? [$"  {step} -> {run.Advance(long.Parse(step.TrimStart('#')[4..], CultureInfo.InvariantCulture))}"]
            : [$"  {step} -> {run.Pipe(step)}"];
    }

    private static long CacheBytes(ScenarioSet set, string name)
    {
        if (set.CacheBytes.TryGetValue(name, out var bytes))
        {
            return bytes;
        }

        var at = name.IndexOf("cache=", StringComparison.Ordinal);
        return at < 0 ? name == "cached windows" ? 1_000_000 : 0
            : bool.TryParse(name[(at + 6)..], out var cached) ? (cached ? 10_000_000 : 0)
            : long.Parse(name[(at + 6)..], CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^    (dlq|d1|d2): ")]
    private static partial Regex LettersOf();
}
