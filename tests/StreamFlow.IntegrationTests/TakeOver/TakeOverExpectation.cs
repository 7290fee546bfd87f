namespace StreamFlow.IntegrationTests.TakeOver;

/// <summary>What is produced in each phase, and what the last result of each key is then, whoever has made it.</summary>
internal sealed class TakeOverExpectation
{
    private const long Start = 1_700_000_000_000;
    private readonly Dictionary<string, List<(string Key, string Value, long Time)>> _inputs = new(StringComparer.Ordinal)
    {
        ["targets"] = [], ["rows"] = [], ["in"] = [], ["other"] = [],
    };

    /// <summary>The records of a phase by topic, tables first. Each pair of stream records is one phase's, or two's.</summary>
    public IReadOnlyDictionary<string, (string Key, string Value, long Timestamp)[]> Phase(int phase, int count)
    {
        var random = new Random(phase + 1);
        var made = _inputs.Keys.ToDictionary(topic => topic, _ => new List<(string, string, long)>());
        for (var i = 0; i < count; i++)
        {
            var time = Start + (phase * 20_000) + (i * 300);
            made["in"].Add(($"k{random.Next(7)}", $"v{random.Next(4)}", time));
            if (i % 5 == 0)
            {
                made["other"].Add(($"k{random.Next(7)}", $"o{phase}-{i}", time));
            }

            if (i % 12 == 0)
            {
                made["rows"].Add(($"k{random.Next(7)}", $"t{random.Next(3)}", time));
                made["targets"].Add(($"t{random.Next(3)}", $"x{phase}-{i}", time));
            }
        }

        foreach (var (topic, records) in made)
        {
            _inputs[topic].AddRange(records);
        }

        return made.ToDictionary(m => m.Key, m => m.Value.ToArray());
    }

    /// <summary>The last result of each key by topic. What a stream joins with a table depends on which came first, and is left out.</summary>
    /// <param name="partitions">The partitions of the keys, which have times of their own.</param>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Last(IReadOnlyDictionary<string, int> partitions) => new Dictionary<string, IReadOnlyDictionary<string, string>>
    {
        ["counts"] = Group(_inputs["in"], r => r.Key, g => $"{g.Count()}"),
        ["reduced"] = Group(_inputs["in"], r => r.Value, g => g.Key + new string('+', g.Count() - 1)),
        ["windows"] = Group(_inputs["in"], r => $"{r.Key}@{r.Time / 10_000 * 10_000}", g => $"{g.Count()}"),
        ["sessions"] = Sessions(),
        ["grouped"] = Group(Rows("rows"), r => r.Value, g => $"{g.Count()}", Rows(_inputs["rows"].Select(r => r.Value))),
        ["closed"] = Closed(partitions),
        ["cogrouped"] = _inputs["in"].Concat(_inputs["other"]).Select(r => r.Key).Distinct().ToDictionary(
            key => key, key => $"{_inputs["in"].Count(r => r.Key == key) + (1000 * _inputs["other"].Count(r => r.Key == key))}"),
        ["foreign"] = Rows("rows").ToDictionary(r => r.Key, r => $"{r.Value}>{Row("targets", r.Value)}"),
    };

    /// <summary>The results of the join of the two streams.</summary>
    public IReadOnlySet<string> Pairs => (
        from one in _inputs["in"]
        from other in _inputs["other"]
        where one.Key == other.Key && Math.Abs(one.Time - other.Time) <= 5000
        select $"{one.Key} {one.Value}&{other.Value}").ToHashSet();

    /// <summary>The windows that a later record of their partition has closed.</summary>
    private Dictionary<string, string> Closed(IReadOnlyDictionary<string, int> partitions)
    {
        var there = _inputs["in"].Where(r => partitions.ContainsKey(r.Key)).ToList();
        var latest = there.GroupBy(r => partitions[r.Key]).ToDictionary(g => g.Key, g => g.Max(r => r.Time));
        return Group(
            there.Where(r => ((r.Time / 10_000) + 1) * 10_000 <= latest[partitions[r.Key]]),
            r => $"{r.Key}@{r.Time / 10_000 * 10_000}",
            g => $"{g.Count()}");
    }

    private List<(string Key, string Value, long Time)> Rows(string topic) =>
        [.. _inputs[topic].GroupBy(r => r.Key).Select(g => g.Last())];

    private static IEnumerable<string> Rows(IEnumerable<string> keys) => keys.Distinct();

    private string Row(string topic, string key) =>
        _inputs[topic].Where(r => r.Key == key).Select(r => r.Value).LastOrDefault("null");

    private Dictionary<string, string> Sessions()
    {
        var sessions = new Dictionary<string, string>();
        foreach (var group in _inputs["in"].GroupBy(r => r.Key))
        {
            var times = group.Select(r => r.Time).Order().ToList();
            var begin = 0;
            for (var i = 1; i <= times.Count; i++)
            {
                if (i == times.Count || times[i] - times[i - 1] > 3000)
                {
                    sessions[$"{group.Key}@{times[begin]}-{times[i - 1]}"] = $"{i - begin}";
                    begin = i;
                }
            }
        }

        return sessions;
    }

    private static Dictionary<string, string> Group(
        IEnumerable<(string Key, string Value, long Time)> records, Func<(string Key, string Value, long Time), string> keyOf,
        Func<IGrouping<string, (string Key, string Value, long Time)>, string> resultOf, IEnumerable<string>? allKeys = null)
    {
        var results = (allKeys ?? []).ToDictionary(key => key, _ => "0");
        foreach (var group in records.GroupBy(keyOf))
        {
            results[group.Key] = resultOf(group);
        }

        return results;
    }
}
