using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Finds how many partitions each repartition topic has. Topics that records of one key meet in, directly or through a
/// third one, get the same number: that of the topics among them which the user made, or fixed, or else the largest that
/// any of them would have alone, which is the largest among the topics upstream. A stream may meet an earlier stage of
/// itself, so that a topic is among those upstream of itself.
/// </summary>
internal sealed class RepartitionCounts
{
    private readonly TopologyPlan _plan;
    private readonly string _applicationId;
    private readonly Dictionary<string, int> _counts;
    private readonly List<(SubTopology Writer, RepartitionTopic Topic)> _topics;
    private readonly HashSet<string> _names;

    /// <param name="plan">The plan.</param>
    /// <param name="applicationId">The application's id.</param>
    /// <param name="counts">Counts by the topics' names on the broker; those of repartition topics are entered.</param>
    public RepartitionCounts(TopologyPlan plan, string applicationId, Dictionary<string, int> counts)
    {
        _plan = plan;
        _applicationId = applicationId;
        _counts = counts;
        _topics = [.. plan.SubTopologies.SelectMany(s => s.RepartitionSinks.Select(t => (s, t)))];
        _names = _topics.Select(t => t.Topic.Name).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// Enters the counts. Those that depend on others begin with nothing and grow to the largest count known by then, round
    /// after round until none does: the smallest solution, which there is whatever the topics' order and circles.
    /// </summary>
    /// <param name="existing">
    /// Counts of topics that exist, by their names on the broker. Those that are derived from topics that match a pattern keep the
    /// count that they have: which topics match changes, and a repartition topic may have any count.
    /// </param>
    /// <exception cref="TopologyException">No topic with a known count leads to a repartition topic.</exception>
    public void Derive(IReadOnlyDictionary<string, int>? existing = null)
    {
        var behind = _plan.BehindPatterns();
        foreach (var (_, topic) in _topics.Where(t => t.Topic.PartitionCount is not null))
        {
            _counts[OnBroker(topic.Name)] = topic.PartitionCount!.Value;
        }

        var free = _topics
            .Where(t => t.Topic.PartitionCount is null && !TakeFromPartners(t.Topic)
                && !(behind.Contains(t.Writer) && TakeExisting(t.Topic, existing)))
            .ToList();
        bool grown;
        do
        {
            grown = false;
            foreach (var (writer, topic) in free)
            {
                grown |= TryGrow(writer, topic);
            }
        }
        while (grown);

        foreach (var (_, topic) in free.Where(f => behind.Contains(f.Writer)))
        {
            // Nothing matches yet; it is made when something does.
            _counts.TryAdd(OnBroker(topic.Name), 0);
        }

        if (free.Find(f => !_counts.ContainsKey(OnBroker(f.Topic.Name))).Topic is { } unknown)
        {
            throw new TopologyException(
                $"No topic whose partition count is known leads to repartition topic '{unknown.Name}'. Fix its count with "
                + "Repartitioned.PartitionCount.");
        }
    }

    /// <summary>The name on the broker of a topic as a co-partition group has it.</summary>
    public string OnBroker(string topic) => _names.Contains(topic) ? InternalTopics.NameOf(_applicationId, topic) : topic;

    private bool TakeFromPartners(RepartitionTopic topic)
    {
        var partners = Partners(topic.Name);
        var given = partners.Where(t => !_names.Contains(t)).ToList();
        if (given.Count == 0)
        {
            given = [.. _topics.Select(t => t.Topic)
                .Where(t => t.PartitionCount is not null && partners.Contains(t.Name))
                .Select(t => t.Name)];
        }

        if (given.Count == 0)
        {
            return false;
        }

        // Should they differ, the check of the groups says so.
        _counts[OnBroker(topic.Name)] = given.Max(t => _counts[OnBroker(t)]);
        return true;
    }

    private bool TakeExisting(RepartitionTopic topic, IReadOnlyDictionary<string, int>? existing)
    {
        var found = 0;
        if (existing?.TryGetValue(OnBroker(topic.Name), out found) == true)
        {
            _counts[OnBroker(topic.Name)] = found;
        }

        return found > 0;
    }

    /// <summary>Raises a count to the largest known of the topics upstream and of the topic's partners.</summary>
    private bool TryGrow(SubTopology writer, RepartitionTopic topic)
    {
        var count = writer.Sources
            .Select(s => s.IsInternal ? InternalTopics.NameOf(_applicationId, s.Name) : s.Name)
            .Concat(Partners(topic.Name).Select(OnBroker))
            .Max(t => _counts.GetValueOrDefault(t));
        if (count <= _counts.GetValueOrDefault(OnBroker(topic.Name)))
        {
            return false;
        }

        _counts[OnBroker(topic.Name)] = count;
        return true;
    }

    /// <summary>The topics that must have as many partitions as this one, itself included.</summary>
    private HashSet<string> Partners(string topic)
    {
        var partners = new HashSet<string>(StringComparer.Ordinal) { topic };
        var groups = _plan.SubTopologies.SelectMany(s => s.CopartitionGroups).ToList();
        while (groups.FindAll(g => g.Topics.Any(partners.Contains)) is { Count: > 0 } touched)
        {
            groups.RemoveAll(touched.Contains);
            partners.UnionWith(touched.SelectMany(g => g.Topics));
        }

        return partners;
    }
}
