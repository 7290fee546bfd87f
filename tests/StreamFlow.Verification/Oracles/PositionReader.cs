using System.Diagnostics;
using System.Globalization;

namespace StreamFlow.Verification.Oracles;

/// <summary>What the broker says about a partition.</summary>
/// <param name="Committed">The group's committed position; negative when there is none.</param>
/// <param name="LastStable">End for <c>read_committed</c> clients.</param>
/// <param name="HighWatermark">End for all others; higher than the last stable offset while a transaction is open.</param>
internal readonly record struct PartitionFacts(long Committed, long LastStable, long HighWatermark);

/// <summary>Asks by python's confluent_kafka, on its own build of librdkafka.</summary>
internal static class PositionReader
{
    public static IReadOnlyDictionary<(string Topic, int Partition), PartitionFacts> Read(
        string bootstrapServers, IEnumerable<string> topics, Func<string, int> partitionsOf)
    {
        var partitions =
            from topic in topics
            from partition in Enumerable.Range(0, partitionsOf(topic))
            select FormattableString.Invariant($"{topic}:{partition}");
        var script = Path.Combine(AppContext.BaseDirectory, "read_positions.py");
        // Debian's packages belong to the system's interpreter, which need not be the first one on the path.
        using var python = Process.Start(new ProcessStartInfo(
            "/usr/bin/python3", [script, bootstrapServers, Workload.ApplicationId, .. partitions])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = python.StandardError.ReadToEndAsync();
        var lines = python.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        python.WaitForExit();
        return python.ExitCode == 0
            ? Parse(lines)
            : throw new HarnessException($"The positions cannot be read: {errors.Result}");
    }

    private static Dictionary<(string Topic, int Partition), PartitionFacts> Parse(IEnumerable<string> lines)
    {
        var facts = new Dictionary<(string Topic, int Partition), PartitionFacts>();
        foreach (var words in lines.Select(l => l.Split(' ')))
        {
            var key = (words[1], Number(words[2]));
            var known = facts.GetValueOrDefault(key);
            facts[key] = words[0] == "committed"
                ? known with { Committed = Number(words[3]) }
                : known with { LastStable = Number(words[3]), HighWatermark = Number(words[4]) };
        }

        return facts;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
