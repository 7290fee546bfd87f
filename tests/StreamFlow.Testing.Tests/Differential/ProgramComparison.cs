namespace StreamFlow.Testing.Tests.Differential;

/// <summary>Says where two runs of a program differ.</summary>
internal static class ProgramComparison
{
    /// <summary>The first difference in words, or null; step by step, but for untimed sinks.</summary>
    public static string? Difference(RandomProgram program, IReadOnlyList<string> theirs, IReadOnlyList<string> ours)
    {
        if (HasFailed(theirs) || HasFailed(ours))
        {
            // Messages are not compared, but what one refuses the other must not take.
            return HasFailed(theirs) && HasFailed(ours) ? null : Lines("the whole", theirs.LastOrDefault(">"), ours.LastOrDefault(">"));
        }

        var untimed = program.UntimedSinks;
        for (var i = 0; i < program.Inputs.Count; i++)
        {
            var (their, our) = (Results(theirs[i], untimed, wanted: false), Results(ours[i], untimed, wanted: false));
            if (!their.SequenceEqual(our))
            {
                return Lines($"input {i + 1} ({program.Inputs[i]})", string.Join(' ', their), string.Join(' ', our));
            }
        }

        return Unordered(untimed, theirs, ours);
    }

    /// <summary>The first difference between the last results of each key, or null.</summary>
    public static string? FinalDifference(IReadOnlyList<string> theirs, IReadOnlyList<string> ours)
    {
        if (HasFailed(theirs) || HasFailed(ours))
        {
            return HasFailed(theirs) && HasFailed(ours) ? null : Lines("the whole", theirs.LastOrDefault(">"), ours.LastOrDefault(">"));
        }

        var (their, our) = (Last(theirs), Last(ours));
        return their.SequenceEqual(our)
            ? null
            : Lines("the end", string.Join(' ', their.Except(our)), string.Join(' ', our.Except(their)));
    }

    /// <summary>The first difference between all results of each key of each sink, in their order, or null.</summary>
    public static string? DifferenceByKey(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        var (first, second) = (ByKey(one), ByKey(other));
        return HasFailed(one) || HasFailed(other)
            ? (HasFailed(one) && HasFailed(other) ? null : Lines("the whole", one.LastOrDefault(">"), other.LastOrDefault(">")))
            : first.SequenceEqual(second)
                ? null
                : Lines("some key", string.Join(' ', first.Except(second)), string.Join(' ', second.Except(first)));
    }

    /// <summary>The first difference between what is certain of each sink, or null.</summary>
    public static string? CertainDifference(
        IReadOnlyDictionary<string, Certainty> sinks, IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        var (first, second) = (Certain(sinks, one), Certain(sinks, other));
        return first.SequenceEqual(second)
            ? null
            : Lines("some sink", string.Join(' ', Less(first, second)), string.Join(' ', Less(second, first)));
    }

    private static List<string> Certain(IReadOnlyDictionary<string, Certainty> sinks, IReadOnlyList<string> results) =>
        [.. results.Where(r => sinks.ContainsKey(r.Split('|')[0])).GroupBy(KeyOf)
            .SelectMany(g => Certain(sinks[g.Key.Split('|')[0]], [.. g])).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Certain(Certainty certainty, List<string> ofKey)
    {
        var texts = ofKey.Select(r => certainty.HasHeaders ? r : WithoutHeaders(r))
            .Select(r => certainty.HasTimes ? r : string.Join('|', r.Split('|')[..3])).ToList();
        return certainty switch
        {
            { Same: Sameness.Last } => texts.TakeLast(1).Where(r => r.Split('|')[2] != "_"),
            { Same: Sameness.Bag } or { HasNewKeys: true } => texts,
            // Those without a key come from several tasks.
            _ when ofKey[0].Split('|')[1] == "_" => texts,
            _ => [string.Join(' ', texts)],
        };
    }

    /// <summary>What one has more of than the other.</summary>
    private static List<string> Less(List<string> one, List<string> other)
    {
        var rest = one.ToList();
        other.ForEach(r => rest.Remove(r));
        return rest;
    }

    /// <summary>Headers are those of the record that let the result out, which is another one if the time is another.</summary>
    private static string? Unordered(IReadOnlySet<string> untimed, IReadOnlyList<string> theirs, IReadOnlyList<string> ours)
    {
        string[] Sorted(IReadOnlyList<string> lines) =>
            [.. lines.SelectMany(l => Results(l, untimed, wanted: true)).Select(WithoutHeaders).Order(StringComparer.Ordinal)];

        var (their, our) = (Sorted(theirs), Sorted(ours));
        return their.SequenceEqual(our)
            ? null
            : Lines("untimed results", string.Join(' ', their.Except(our)), string.Join(' ', our.Except(their)));
    }

    private static IEnumerable<string> ByKey(IReadOnlyList<string> lines) =>
        Results(lines).GroupBy(KeyOf).Select(g => string.Join(' ', g)).Order(StringComparer.Ordinal);

    /// <summary>
    /// A deletion of what never was there says nothing, and the cache leaves it out. Updates of sessions have headers with the
    /// cache only, as in Kafka Streams.
    /// </summary>
    private static List<string> Last(IReadOnlyList<string> lines) =>
        [.. Results(lines).GroupBy(KeyOf).Select(g => g.Last()).Where(r => r.Split('|')[2] != "_").Select(WithoutHeaders)
            .Order(StringComparer.Ordinal)];

    private static string WithoutHeaders(string result) => result[..result.LastIndexOf('|')];

    private static string KeyOf(string result) => string.Join('|', result.Split('|')[..2]);

    private static IEnumerable<string> Results(IReadOnlyList<string> lines) =>
        lines.SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1));

    private static IEnumerable<string> Results(string line, IReadOnlySet<string> sinks, bool wanted) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Where(r => sinks.Contains(r.Split('|')[0]) == wanted);

    private static bool HasFailed(IReadOnlyList<string> lines) =>
        lines.Count > 0 && lines[^1].StartsWith("ERROR", StringComparison.Ordinal);

    private static string Lines(string where, string their, string our) =>
        $"differs at {where}\n  expected: {their}\n  actual:   {our}";
}
