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
    private readonly List<string> _sources;
    private readonly OutputTopics _outputs;

    public TopicPreparation(TopologyPlan plan, StreamFlowOptions options, IKafkaAdmin admin, ILogger? logger = null)
    {
        _plan = plan;
        _options = options;
        _admin = admin;
        _logger = logger ?? NullLogger.Instance;
        _outputs = new OutputTopics(plan, options);
        _sources = [.. plan.SubTopologies.Concat(plan.Globals)
            .SelectMany(s => s.Sources.Where(t => !t.IsInternal))
            .Select(t => t.Name)
            .Distinct(StringComparer.Ordinal)];
    }

    public async Task<ResolvedTopics> RunAsync(CancellationToken cancellationToken)
    {
        var found = await _admin.DescribeTopicsAsync(_sources, cancellationToken).ConfigureAwait(false);
        var missing = _sources.Where(t => !found.ContainsKey(t)).ToList();
        if (missing.Count > 0)
        {
            throw new TopologyException(
                $"The source topic(s) {string.Join(", ", missing.Select(m => $"'{m}'"))} do not exist. "
                + "Create them before the application starts, or mend the names in the topology.");
        }

        var counts = Derive(_sources.ToDictionary(t => t, t => found[t].PartitionCount, StringComparer.Ordinal));
        var resolved = new ResolvedTopics(_plan, _options.ApplicationId, counts);
        var outputs = (await _outputs.EnsureAsync(_admin, cancellationToken).ConfigureAwait(false)).ToList();
        var existing = await CreateInternalTopicsAsync(resolved, cancellationToken).ConfigureAwait(false);
        return new ResolvedTopics(_plan, _options.ApplicationId, counts)
        {
            Ids = IdsOf(found.Values.Concat(existing).Concat(outputs)),
            MissingOutputs = [.. _outputs.Names.Except(outputs.Select(t => t.Name), StringComparer.Ordinal)],
        };
    }

    /// <summary>
    /// Looks at the topics while the application runs, and makes the checks of a start; but nothing is created any more. A
    /// source topic that is gone keeps its count, and is listed, as an output topic is.
    /// </summary>
    /// <param name="earlier">What was seen last.</param>
    /// <param name="withConfigs">Whether configurations are looked at although nothing else has changed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TopologyException">The application cannot go on with the topics, or not without loss.</exception>
    public async Task<ResolvedTopics> LookAgainAsync(
        ResolvedTopics earlier, bool withConfigs, CancellationToken cancellationToken)
    {
        var names = _sources.Concat(_outputs.Names).Concat(WantedTopics(earlier).Select(w => w.Name)).Distinct(StringComparer.Ordinal).ToList();
        var found = await _admin.DescribeTopicsAsync(names, cancellationToken).ConfigureAwait(false);
        var counts = Derive(_sources.ToDictionary(
            t => t, t => found.TryGetValue(t, out var topic) ? topic.PartitionCount : earlier.PartitionCounts[t],
            StringComparer.Ordinal));
        var ids = earlier.Ids.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, id) in IdsOf(found.Values))
        {
            ids[name] = id;
        }

        var resolved = new ResolvedTopics(_plan, _options.ApplicationId, counts, earlier)
        {
            Ids = ids,
            Missing = [.. _sources.Where(t => !found.ContainsKey(t))],
            MissingOutputs = [.. _outputs.Names.Where(t => !found.ContainsKey(t))],
        };
        foreach (var topic in WantedTopics(resolved))
        {
            CheckIsTheSame(topic, earlier, found);
            CheckPartitionCount(topic, found);
            if (withConfigs || !resolved.IsSameAs(earlier))
            {
                await new TopicConfiguration(_admin, _logger).CheckAsync(topic, cancellationToken).ConfigureAwait(false);
            }
        }

        return resolved;
    }

    private static Dictionary<string, string> IdsOf(IEnumerable<TopicDescription> topics) =>
        topics.Where(t => t.Id.Length > 0).DistinctBy(t => t.Name).ToDictionary(t => t.Name, t => t.Id, StringComparer.Ordinal);

    /// <summary>Adds the counts of repartition topics to those of the user's, and checks what must fit together.</summary>
    private Dictionary<string, int> Derive(Dictionary<string, int> counts)
    {
        var repartition = new RepartitionCounts(_plan, _options.ApplicationId, counts);
        repartition.Derive();
        CheckCopartitioning(counts, repartition);
        return counts;
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

    private async Task<IEnumerable<TopicDescription>> CreateInternalTopicsAsync(
        ResolvedTopics resolved, CancellationToken cancellationToken)
    {
        var wanted = WantedTopics(resolved).ToList();
        if (wanted.Count == 0)
        {
            return [];
        }

        var configs = new TopicConfiguration(_admin, _logger);
        await configs.LookAsync(_sources[0], cancellationToken).ConfigureAwait(false);
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

        return existing.Values;
    }

    /// <summary>Records in an internal topic are the application's own work: who finds another one in its place has lost it.</summary>
    private static void CheckIsTheSame(
        NewTopic topic, ResolvedTopics earlier, IReadOnlyDictionary<string, TopicDescription> found)
    {
        const string Remedy = "The records or the state in it are lost. Stop all instances; reset the application (delete its "
            + "internal topics and local state, and its group's offsets), or start it under a new ApplicationId.";
        if (!found.TryGetValue(topic.Name, out var actual))
        {
            throw new TopologyException(
                $"The internal topic '{topic.Name}' was deleted while the application ran. {Remedy}");
        }

        if (earlier.Ids.TryGetValue(topic.Name, out var before) && actual.Id.Length > 0 && actual.Id != before)
        {
            throw new TopologyException(
                $"The internal topic '{topic.Name}' was deleted and made anew while the application ran (id {before}, now "
                + $"{actual.Id}). {Remedy}");
        }
    }

    private static void CheckPartitionCount(NewTopic topic, IReadOnlyDictionary<string, TopicDescription> existing)
    {
        if (existing.TryGetValue(topic.Name, out var actual) && actual.PartitionCount != topic.PartitionCount)
        {
            throw new TopologyException(
                $"The internal topic '{topic.Name}' has {actual.PartitionCount} partitions, the topology needs "
                + $"{topic.PartitionCount}. Were partitions added to a source topic, or was the topology changed? Keys are in other "
                + "partitions then, and their state is not. Delete the application's internal topics and local state, or start it "
                + "under a new ApplicationId; a Repartition with a fixed PartitionCount before what has state lets source topics "
                + "grow from then on.");
        }
    }

    private IEnumerable<NewTopic> WantedTopics(ResolvedTopics resolved)
    {
        foreach (var subTopology in _plan.SubTopologies)
        {
            foreach (var repartition in subTopology.RepartitionSinks)
            {
                var name = InternalTopics.NameOf(_options.ApplicationId, repartition.Name);
                yield return new NewTopic(
                    name, resolved.PartitionCounts[name], InternalTopics.RepartitionConfigs, _options.ReplicationFactor);
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
