using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Finds how many partitions each repartition topic has. Topics that records of one key meet in, directly or through a
/// third one, get the same number: that of the topics among them which the user made, or fixed, or else the largest that
/// any of them would have alone, which is the largest among the topics upstream.
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

    /// <summary>Enters the counts, going round until nothing is left, because topics may feed each other.</summary>
    public void Derive()
    {
        foreach (var (_, topic) in _topics.Where(t => t.Topic.PartitionCount is not null))
        {
            _counts[OnBroker(topic.Name)] = topic.PartitionCount!.Value;
        }

        var free = _topics.Where(t => t.Topic.PartitionCount is null && !TakeFromPartners(t.Topic)).ToList();
        var open = free.ToList();
        while (open.Count > 0)
        {
            if (open.RemoveAll(o => TakeFromUpstream(o.Writer, o.Topic)) == 0)
            {
                throw new TopologyException(
                    $"The partition count of repartition topic '{open[0].Topic.Name}' depends on itself. "
                    + "Fix it with Repartitioned.PartitionCount.");
            }
        }

        foreach (var topic in free.Select(f => f.Topic))
        {
            _counts[OnBroker(topic.Name)] = Partners(topic.Name).Max(t => _counts[OnBroker(t)]);
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

    private bool TakeFromUpstream(SubTopology writer, RepartitionTopic topic)
    {
        var upstream = writer.Sources
            .Select(s => s.IsInternal ? InternalTopics.NameOf(_applicationId, s.Name) : s.Name)
            .ToList();
        if (!upstream.TrueForAll(_counts.ContainsKey))
        {
            return false;
        }

        _counts[OnBroker(topic.Name)] = upstream.Max(t => _counts[t]);
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
