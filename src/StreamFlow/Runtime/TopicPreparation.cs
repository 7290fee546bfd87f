using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Lays the plan over the cluster before anything runs: looks the source topics up, derives partition counts, checks
/// co-partitioning, creates missing internal topics and checks those that exist.
/// </summary>
internal sealed class TopicPreparation
{
    private readonly TopologyPlan _plan;
    private readonly StreamFlowOptions _options;
    private readonly IKafkaAdmin _admin;

    public TopicPreparation(TopologyPlan plan, StreamFlowOptions options, IKafkaAdmin admin)
    {
        _plan = plan;
        _options = options;
        _admin = admin;
    }

    public async Task<ResolvedTopics> RunAsync(CancellationToken cancellationToken)
    {
        var counts = await LookUpSourcesAsync(cancellationToken).ConfigureAwait(false);
        DeriveRepartitionCounts(counts);
        var named = counts.ToDictionary(c => c.Key.OnBroker, c => c.Value, StringComparer.Ordinal);
        CheckCopartitioning(counts);
        var resolved = new ResolvedTopics(_plan, _options.ApplicationId, named);
        await CreateInternalTopicsAsync(resolved, named, cancellationToken).ConfigureAwait(false);
        return resolved;
    }

    private async Task<Dictionary<PlanTopic, int>> LookUpSourcesAsync(CancellationToken cancellationToken)
    {
        var external = _plan.SubTopologies
            .SelectMany(s => s.Sources.Where(t => !t.IsRepartition))
            .Select(t => t.Name)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        var found = await _admin.DescribeTopicsAsync(external, cancellationToken).ConfigureAwait(false);
        var missing = external.Where(t => !found.ContainsKey(t)).ToList();
        if (missing.Count > 0)
        {
            throw new TopologyException(
                $"The source topic(s) {string.Join(", ", missing.Select(m => $"'{m}'"))} do not exist. "
                + "Create them before the application starts, or mend the names in the topology.");
        }

        return external.ToDictionary(t => new PlanTopic(t, t), t => found[t].PartitionCount);
    }

    /// <summary>
    /// A repartition topic has the count the user fixed, that of the topics it must be co-partitioned with, or the
    /// largest among the topics upstream; found by going round until nothing changes (topics may feed each other).
    /// </summary>
    private void DeriveRepartitionCounts(Dictionary<PlanTopic, int> counts)
    {
        var open = _plan.SubTopologies.SelectMany(s => s.RepartitionSinks.Select(t => (Writer: s, Topic: t))).ToList();
        while (open.Count > 0)
        {
            var progress = open.RemoveAll(o => TryDerive(o.Writer, o.Topic, counts));
            if (progress == 0)
            {
                throw new TopologyException(
                    $"The partition count of repartition topic '{open[0].Topic.Name}' depends on itself. "
                    + "Fix it with Repartitioned.PartitionCount.");
            }
        }
    }

    private bool TryDerive(SubTopology writer, RepartitionTopic topic, Dictionary<PlanTopic, int> counts)
    {
        var self = Name(topic.Name);
        if (counts.ContainsKey(self))
        {
            return true;
        }

        if (topic.PartitionCount is { } fixedCount)
        {
            counts[self] = fixedCount;
            return true;
        }

        var partners = _plan.SubTopologies
            .SelectMany(s => s.CopartitionGroups)
            .Where(g => g.Topics.Contains(topic.Name))
            .SelectMany(g => g.Topics)
            .Where(t => !IsRepartition(t))
            .Select(t => counts[new PlanTopic(t, t)])
            .ToList();
        if (partners.Count > 0)
        {
            counts[self] = partners.Max();
            return true;
        }

        var upstream = writer.Sources.Select(s => s.IsRepartition ? Name(s.Name) : new PlanTopic(s.Name, s.Name)).ToList();
        if (!upstream.TrueForAll(counts.ContainsKey))
        {
            return false;
        }

        counts[self] = upstream.Max(t => counts[t]);
        return true;
    }

    private void CheckCopartitioning(Dictionary<PlanTopic, int> counts)
    {
        foreach (var group in _plan.SubTopologies.SelectMany(s => s.CopartitionGroups))
        {
            var sized = group.Topics
                .Select(t => (Topic: t, Count: counts[IsRepartition(t) ? Name(t) : new PlanTopic(t, t)]))
                .ToList();
            if (sized.Select(s => s.Count).Distinct().Count() > 1)
            {
                throw new TopologyException(
                    $"{group.Reason} needs its topics to have the same number of partitions, but they have: "
                    + string.Join(", ", sized.Select(s => $"'{s.Topic}' {s.Count}"))
                    + ". Recreate the topics with one count, or put Repartition() before the operator.");
            }
        }
    }

    private async Task CreateInternalTopicsAsync(
        ResolvedTopics resolved, Dictionary<string, int> counts, CancellationToken cancellationToken)
    {
        var wanted = WantedTopics(resolved, counts).ToList();
        if (wanted.Count == 0)
        {
            return;
        }

        var names = wanted.Select(w => w.Name).ToList();
        var existing = await _admin.DescribeTopicsAsync(names, cancellationToken).ConfigureAwait(false);
        var missing = wanted.Where(w => !existing.ContainsKey(w.Name)).ToList();
        if (missing.Count > 0)
        {
            await _admin.CreateTopicsAsync(missing, cancellationToken).ConfigureAwait(false);
            existing = await _admin.DescribeTopicsAsync(names, cancellationToken).ConfigureAwait(false);
        }

        foreach (var topic in wanted)
        {
            CheckPartitionCount(topic, existing);
        }

        foreach (var topic in wanted.Except(missing))
        {
            await CheckCleanupPolicyAsync(topic, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void CheckPartitionCount(NewTopic topic, IReadOnlyDictionary<string, TopicDescription> existing)
    {
        if (existing.TryGetValue(topic.Name, out var actual) && actual.PartitionCount != topic.PartitionCount)
        {
            throw new TopologyException(
                $"The internal topic '{topic.Name}' has {actual.PartitionCount} partitions, the topology needs "
                + $"{topic.PartitionCount}. Was a source topic repartitioned or the topology changed? Delete the "
                + "application's internal topics and local state, or start it under a new ApplicationId.");
        }
    }

    /// <summary>
    /// A compacted repartition topic would lose records, a changelog that is not compacted would lose state: that is
    /// noticed here, before it happens. Other settings are the operator's own business.
    /// </summary>
    private async Task CheckCleanupPolicyAsync(NewTopic topic, CancellationToken cancellationToken)
    {
        const string Setting = "cleanup.policy";
        var actual = await _admin.DescribeTopicConfigAsync(topic.Name, cancellationToken).ConfigureAwait(false);
        if (topic.Configs.TryGetValue(Setting, out var wanted)
            && actual.TryGetValue(Setting, out var found)
            && !Policies(wanted).SetEquals(Policies(found)))
        {
            throw new TopologyException(
                $"The internal topic '{topic.Name}' has {Setting}={found}, but its use needs {wanted}: records or state would "
                + $"be lost. Set it with: kafka-configs --alter --topic {topic.Name} --add-config {Setting}=[{wanted}]");
        }
    }

    private static HashSet<string> Policies(string value) =>
        [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private IEnumerable<NewTopic> WantedTopics(ResolvedTopics resolved, Dictionary<string, int> counts)
    {
        foreach (var subTopology in _plan.SubTopologies)
        {
            foreach (var repartition in subTopology.RepartitionSinks)
            {
                var name = InternalTopics.NameOf(_options.ApplicationId, repartition.Name);
                yield return new NewTopic(name, counts[name], InternalTopics.RepartitionConfigs, _options.ReplicationFactor);
            }

            foreach (var store in subTopology.Stores.Where(s => s.IsLogged))
            {
                yield return new NewTopic(
                    InternalTopics.NameOf(_options.ApplicationId, store.ChangelogTopic),
                    resolved.TaskCount(subTopology),
                    store.ChangelogConfigs,
                    _options.ReplicationFactor);
            }
        }
    }

    private bool IsRepartition(string planName) =>
        _plan.SubTopologies.Any(s => s.RepartitionSinks.Any(r => r.Name == planName));

    private PlanTopic Name(string repartition) =>
        new(repartition, InternalTopics.NameOf(_options.ApplicationId, repartition));

    /// <summary>A topic by the name the plan has for it and the one the broker has.</summary>
    private readonly record struct PlanTopic(string InPlan, string OnBroker);
}
