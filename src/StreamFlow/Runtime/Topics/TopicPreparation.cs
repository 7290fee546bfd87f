using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
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
    private readonly ILogger _logger;

    public TopicPreparation(TopologyPlan plan, StreamFlowOptions options, IKafkaAdmin admin, ILogger? logger = null)
    {
        _plan = plan;
        _options = options;
        _admin = admin;
        _logger = logger ?? NullLogger.Instance;
    }

    public async Task<ResolvedTopics> RunAsync(CancellationToken cancellationToken)
    {
        var counts = await LookUpSourcesAsync(cancellationToken).ConfigureAwait(false);
        var repartition = new RepartitionCounts(_plan, _options.ApplicationId, counts);
        repartition.Derive();
        CheckCopartitioning(counts, repartition);
        var resolved = new ResolvedTopics(_plan, _options.ApplicationId, counts);
        await CreateInternalTopicsAsync(resolved, counts, cancellationToken).ConfigureAwait(false);
        return resolved;
    }

    private async Task<Dictionary<string, int>> LookUpSourcesAsync(CancellationToken cancellationToken)
    {
        var external = _plan.SubTopologies
            .SelectMany(s => s.Sources.Where(t => !t.IsInternal))
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

        return external.ToDictionary(t => t, t => found[t].PartitionCount, StringComparer.Ordinal);
    }

    private void CheckCopartitioning(Dictionary<string, int> counts, RepartitionCounts repartition)
    {
        foreach (var group in _plan.SubTopologies.SelectMany(s => s.CopartitionGroups))
        {
            var sized = group.Topics.Select(t => (Topic: t, Count: counts[repartition.OnBroker(t)])).ToList();
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

        var configs = new TopicConfiguration(_admin, _logger);
        await configs.LookAsync(counts.Keys.First(), cancellationToken).ConfigureAwait(false);
        var names = wanted.Select(w => w.Name).ToList();
        var existing = await _admin.DescribeTopicsAsync(names, cancellationToken).ConfigureAwait(false);
        var missing = wanted.Where(w => !existing.ContainsKey(w.Name)).ToList();
        if (missing.Count > 0)
        {
            await _admin.CreateTopicsAsync(missing.ConvertAll(configs.AsBrokerKnows), cancellationToken).ConfigureAwait(false);
            existing = await _admin.DescribeTopicsAsync(names, cancellationToken).ConfigureAwait(false);
        }

        foreach (var topic in wanted)
        {
            CheckPartitionCount(topic, existing);
        }

        foreach (var topic in configs.MayLackSettings ? wanted : wanted.Except(missing))
        {
            await configs.CheckAsync(topic, cancellationToken).ConfigureAwait(false);
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
}
