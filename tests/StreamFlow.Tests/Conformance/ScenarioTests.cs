using System.Globalization;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.Tests.Dsl;

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
        ScenarioTopologies.All[name](builder);
        var harness = new TaskHarness(
            builder.Build(),
            name.EndsWith("continue", StringComparison.Ordinal)
                ? static (in ErrorContext _) => ErrorResponse.Continue
                : static (in ErrorContext _) => ErrorResponse.Fail,
            cacheBytes: CacheBytes(name));

        var actual = new List<string>();
        foreach (var line in Expected[name])
        {
            actual.AddRange(Run(harness, line, actual));
        }

        var expected = Expected[name]
            .Select(line => Differences.GetValueOrDefault((name, line), line))
            .OfType<string>();
        Assert.Equal(string.Join('\n', expected), string.Join('\n', actual));
    }

    private static IEnumerable<string> Run(TaskHarness harness, string line, List<string> sofar)
    {
        var text = line.Trim();
        if (text.StartsWith("dropped=", StringComparison.Ordinal))
        {
            return [string.Create(CultureInfo.InvariantCulture, $"  dropped={harness.Dropped}.0")];
        }

        if (text.StartsWith("topics=", StringComparison.Ordinal))
        {
            // Java prints a hash set: the recording's own order is taken for what is in both.
            var topics = harness.Topics;
            var recorded = text["topics=[".Length..^1].Split(", ");
            return [$"  topics=[{string.Join(", ", recorded.Where(topics.Contains).Concat(topics.Except(recorded)))}]"];
        }

        if (text.StartsWith("raw ", StringComparison.Ordinal))
        {
            var topic = text.Split(' ')[1];
            return sofar.Exists(done => done.Contains($"raw {topic} ", StringComparison.Ordinal))
                ? []
                : harness.Take(topic).Select(Raw);
        }

        return [$"  {text[..text.IndexOf(" -> ", StringComparison.Ordinal)]} -> {Pipe(harness, text)}"];
    }

    private static string Pipe(TaskHarness harness, string step)
    {
        var topic = step[..step.IndexOf(' ', StringComparison.Ordinal)];
        var record = step[(topic.Length + 1)..step.IndexOf(" -> ", StringComparison.Ordinal)];
        var at = record.LastIndexOf('@');
        var colon = record.IndexOf(':', StringComparison.Ordinal);
        var time = record[(at + 1)..].Split('#');
        var headers = time.Length > 1 ? Headers.Empty.With("h", time[1]) : null;
        try
        {
            harness.Pipe(
                topic,
                OrNull(record[..colon]),
                OrNull(record[(colon + 1)..at]),
                long.Parse(time[0], CultureInfo.InvariantCulture),
                headers);
        }
        catch (StreamsException)
        {
            return "EXC";
        }

        return harness.Read("out");
    }

    private static string Raw(ProducedRecord record)
    {
        var headers = new StringBuilder();
        foreach (var header in record.Headers ?? Headers.Empty)
        {
            headers.Append(CultureInfo.InvariantCulture, $"{{{header.Key}={Encoding.UTF8.GetString(header.Value!)}}}");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"    raw {record.Topic} key={Hex(record.Key)} val={Hex(record.Value)} ts={record.Timestamp} hdr={headers}");
    }

    private static string Hex(byte[]? bytes) => bytes is null ? "null" : Convert.ToHexStringLower(bytes);

    private static string? OrNull(string text) => text == "null" ? null : text;

    private static long CacheBytes(string name)
    {
        var at = name.IndexOf("cache=", StringComparison.Ordinal);
        return at >= 0 ? long.Parse(name[(at + 6)..], CultureInfo.InvariantCulture) : name == "cached windows" ? 1000000 : 0;
    }
}
