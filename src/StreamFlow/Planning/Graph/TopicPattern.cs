using System.Text.RegularExpressions;

namespace StreamFlow.Planning;

/// <summary>A regular expression that names of topics are held against, as a whole.</summary>
internal sealed class TopicPattern
{
    private readonly Regex _given;
    private readonly Regex _whole;

    public TopicPattern(Regex given)
    {
        _given = given;

        // The line break ends a comment that the expression may end in, where it may have any.
        var end = given.Options.HasFlag(RegexOptions.IgnorePatternWhitespace) ? "\n)" : ")";
        _whole = new Regex($@"\A(?:{given}{end}\z", given.Options, given.MatchTimeout);
    }

    /// <summary>Whether it reads the topic of a name, if there is one.</summary>
    public bool Matches(string topic) => _whole.IsMatch(topic);

    public bool IsSameAs(TopicPattern other) => ToString() == other.ToString() && _given.Options == other._given.Options;

    public override string ToString() => _given.ToString();
}

/// <summary>A source that reads all topics whose names match.</summary>
/// <param name="Node">Name of the source node.</param>
/// <param name="Pattern">What the names are like.</param>
/// <param name="OffsetReset">Where to start without a committed offset, or null for the default.</param>
internal sealed record PatternSource(string Node, TopicPattern Pattern, OffsetResetPolicy? OffsetReset)
{
    /// <inheritdoc cref="SourceTopic.KeySuffix"/>
    public int KeySuffix { get; init; }

    public SourceTopic Read(string topic) => new(topic, TopicKind.Input, Node, OffsetReset) { KeySuffix = KeySuffix };
}

/// <summary>Lays a plan with patterns over the topics of a cluster.</summary>
internal static class TopicPatterns
{
    /// <summary>The plan with the topics that match; those that matched before and are not among them are gone from it.</summary>
    /// <param name="plan">A plan, laid over other topics already or not.</param>
    /// <param name="topics">Names of the user's topics.</param>
    /// <exception cref="TopologyException">Two sources would read the same topic.</exception>
    public static TopologyPlan LaidOver(this TopologyPlan plan, IEnumerable<string> topics)
    {
        var patterns = plan.SubTopologies.SelectMany(s => s.Patterns).ToList();
        if (patterns.Count == 0)
        {
            return plan;
        }

        var matches = patterns.ToDictionary(p => p.Node, _ => new List<string>(), StringComparer.Ordinal);
        foreach (var topic in topics.Order(StringComparer.Ordinal))
        {
            var matching = patterns.FindAll(p => p.Pattern.Matches(topic));
            if (matching.Count > 1)
            {
                throw new TopologyException(
                    $"Topic '{topic}' matches the patterns {string.Join(" and ", matching.Select(m => $"'{m.Pattern}' of {m.Node}"))}, but "
                    + "each record goes to one source. Make the patterns such that no topic matches two of them.");
            }

            matching.ForEach(m => matches[m.Node].Add(topic));
        }

        return plan with { SubTopologies = [.. plan.SubTopologies.Select(s => s.LaidOver(matches))] };
    }

    /// <summary>Whether a topic is read because its name matches.</summary>
    public static bool IsMatched(this TopologyPlan plan, string topic) =>
        plan.SubTopologies.Any(s => s.Patterns.Any(p => p.Pattern.Matches(topic)));

    /// <summary>
    /// The sub-topologies whose number of tasks depends on which topics match, directly or by repartition topics whose counts
    /// are derived from theirs.
    /// </summary>
    public static IReadOnlySet<SubTopology> BehindPatterns(this TopologyPlan plan)
    {
        var behind = plan.SubTopologies.Where(s => s.Patterns.Count > 0).ToHashSet();
        var count = 0;
        while (count != behind.Count)
        {
            count = behind.Count;
            var derived = behind.SelectMany(DerivedTopics).ToHashSet(StringComparer.Ordinal);
            behind.UnionWith(plan.SubTopologies.Where(
                s => s.Sources.Any(t => t.Kind == TopicKind.Repartition && derived.Contains(t.Name))));
        }

        return behind;
    }

    /// <summary>The repartition topics that a sub-topology writes whose counts are not fixed.</summary>
    public static IEnumerable<string> DerivedTopics(this SubTopology subTopology) =>
        subTopology.RepartitionSinks.Where(topic => topic.PartitionCount is null).Select(topic => topic.Name);
}
