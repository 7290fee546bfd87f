using System.Text;

namespace StreamFlow.Verification.Oracles;

/// <summary>Whether the aggregates are those that the inputs give.</summary>
internal static class ResultOracles
{
    /// <summary>Results are the recomputed ones, record by record; with a record cache some are left out, never the last.</summary>
    public static Verdict Aggregates(Evidence evidence, Expectation expected, bool windowed)
    {
        var violations = new List<string>();
        long seen = 0;
        foreach (var store in Workload.Stores.Where(s => s.IsWindowed == windowed))
        {
            var results = ByKey(evidence[store.Name]);
            seen += evidence[store.Name].Count;
            foreach (var (key, aggregates) in expected.Of(store))
            {
                var actual = results.GetValueOrDefault(key, []);
                if (Difference(aggregates, actual, store.IsCached) is { } difference)
                {
                    violations.Add($"{store.Name} {Text(key)}: {difference}");
                }
            }
        }

        return new Verdict(windowed ? OracleNames.WindowedAggregates : OracleNames.RunningAggregates, violations, seen);
    }

    /// <summary>There is no result that no input stands for: none too many, none of an unknown key.</summary>
    public static Verdict NothingPastTheEnd(Evidence evidence, Expectation expected)
    {
        var violations = new List<string>();
        long seen = 0;
        foreach (var store in Workload.Stores)
        {
            foreach (var (key, results) in ByKey(evidence[store.Name]))
            {
                seen += results.Count;
                var most = expected.Of(store).TryGetValue(key, out var aggregates) ? aggregates.Count : 0;
                if (results.Count > most)
                {
                    violations.Add($"{store.Name} {Text(key)}: {results.Count} results where {most} are possible");
                }
            }
        }

        if (evidence[Workload.Joined].Count > evidence.Sent)
        {
            violations.Add($"{Workload.Joined}: {evidence[Workload.Joined].Count} results of {evidence.Sent} inputs");
        }

        return new Verdict(OracleNames.NothingPastTheEnd, violations, seen + evidence[Workload.Joined].Count);
    }

    /// <summary>Stores in memory and in RocksDB have come to the same results.</summary>
    public static Verdict MemoryEqualsRocksDb(Evidence evidence)
    {
        var violations = new List<string>();
        long seen = 0;
        foreach (var (memory, rocks) in new[]
            { (Workload.RunningMemory, Workload.RunningRocks), (Workload.WindowedMemory, Workload.WindowedRocks) })
        {
            var (m, r) = (ByKey(evidence[memory]), ByKey(evidence[rocks]));
            foreach (var key in m.Keys.Union(r.Keys))
            {
                seen++;
                var (inMemory, inRocks) = (m.GetValueOrDefault(key)?[^1], r.GetValueOrDefault(key)?[^1]);
                if (inMemory != inRocks)
                {
                    violations.Add($"{Text(key)}: {memory} says {inMemory ?? "nothing"}, {rocks} {inRocks ?? "nothing"}");
                }
            }
        }

        return new Verdict(OracleNames.MemoryEqualsRocksDb, violations, seen);
    }

    private static string? Difference(List<string> expected, List<string> actual, bool isCached)
    {
        var next = 0;
        for (var i = 0; i < actual.Count; i++)
        {
            var at = isCached ? expected.IndexOf(actual[i], next) : next;
            if (at < 0 || at >= expected.Count || expected[at] != actual[i])
            {
                return $"result {i} is {actual[i]} where {(next < expected.Count ? expected[next] : "nothing")} "
                    + $"{(isCached ? "or a later one " : string.Empty)}is due";
            }

            next = at + 1;
        }

        return next == expected.Count ? null : $"the last result is {(next == 0 ? "none" : expected[next - 1])} instead of {expected[^1]}";
    }

    private static Dictionary<string, List<string>> ByKey(IReadOnlyList<ReadRecord> records) =>
        records.GroupBy(r => Convert.ToHexString(r.Key!)).ToDictionary(g => g.Key, g => g.Select(r => r.ValueText).ToList());

    /// <summary>A key that can be read: the category, and the window's start.</summary>
    private static string Text(string hexadecimal)
    {
        var bytes = Convert.FromHexString(hexadecimal);
        return bytes.Length <= sizeof(long)
            ? Encoding.UTF8.GetString(bytes)
            : $"{Encoding.UTF8.GetString(bytes[..^sizeof(long)])} from {System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(bytes.Length - sizeof(long)))}";
    }
}
