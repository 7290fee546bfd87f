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
    private readonly TopicMatching _matching;
    private readonly OutputTopics _outputs;

    public TopicPreparation(TopologyPlan plan, StreamFlowOptions options, IKafkaAdmin admin, ILogger? logger = null)
    {
        _plan = plan;
        _options = options;
        _admin = admin;
        _logger = logger ?? NullLogger.Instance;
        _matching = new TopicMatching(options, admin);
        _outputs = new OutputTopics(plan, options);
    }

    public async Task<ResolvedTopics> RunAsync(CancellationToken cancellationToken)
    {
        var plan = await _matching.LayAsync(_plan, cancellationToken).ConfigureAwait(false);
        var found = await DescribeAsync(plan, [], cancellationToken).ConfigureAwait(false);
        var missing = SourcesOf(plan).Where(t => !found.ContainsKey(t) && !plan.IsMatched(t)).ToList();
        if (missing.Count > 0)
        {
            throw new TopologyException(
                $"The source topic(s) {string.Join(", ", missing.Select(m => $"'{m}'"))} do not exist. "
                + "Create them before the application starts, or mend the names in the topology.");
        }

        plan = WithoutGone(plan, found);
        var counts = Derive(plan, found, SourcesOf(plan).ToDictionary(t => t, t => found[t].PartitionCount, StringComparer.Ordinal));
        var resolved = new ResolvedTopics(plan, _options.ApplicationId, counts);
        var outputs = (await _outputs.EnsureAsync(_admin, cancellationToken).ConfigureAwait(false)).ToList();
        var existing = await CreateInternalTopicsAsync(
            plan, [.. WantedTopics(resolved)], cancellationToken).ConfigureAwait(false);
        return new ResolvedTopics(plan, _options.ApplicationId, counts)
        {
            Ids = IdsOf(found.Values.Concat(existing).Concat(outputs)),
            MissingOutputs = [.. _outputs.Names.Except(outputs.Select(t => t.Name), StringComparer.Ordinal)],
        };
    }

    /// <summary>
    /// Looks at the topics while the application runs, and makes the checks of a start; but nothing is created any more, other than
    /// what is needed first when topics match a pattern of which there were none. A source topic that is gone keeps its count, and
    /// is listed, as an output topic is; one that was read for its name is let go.
    /// </summary>
    /// <param name="earlier">What was seen last.</param>
    /// <param name="withConfigs">Whether configurations are looked at although nothing else has changed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TopologyException">The application cannot go on with the topics, or not without loss.</exception>
    public async Task<ResolvedTopics> LookAgainAsync(
        ResolvedTopics earlier, bool withConfigs, CancellationToken cancellationToken)
    {
        var plan = await _matching.LayAsync(earlier.Plan, cancellationToken).ConfigureAwait(false);
        var known = WantedTopics(earlier).Select(w => w.Name).ToList();
        var found = await DescribeAsync(plan, known.Concat(_outputs.Names), cancellationToken).ConfigureAwait(false);
        plan = WithoutGone(plan, found);
        var sources = SourcesOf(plan);
        var counts = Derive(plan, found, sources.ToDictionary(
            t => t, t => found.TryGetValue(t, out var topic) ? topic.PartitionCount : earlier.PartitionCounts[t],
            StringComparer.Ordinal));
        var made = await CreateInternalTopicsAsync(
            plan,
            [.. WantedTopics(new ResolvedTopics(plan, _options.ApplicationId, counts)).Where(w => !known.Contains(w.Name))],
            cancellationToken).ConfigureAwait(false);
        var all = found.Values.Concat(made).DistinctBy(t => t.Name).ToDictionary(t => t.Name, StringComparer.Ordinal);
        var resolved = new ResolvedTopics(plan, _options.ApplicationId, counts, earlier)
        {
            Ids = IdsNow(earlier, all.Values),
            Missing = [.. sources.Where(t => !found.ContainsKey(t))],
            MissingOutputs = [.. _outputs.Names.Where(t => !found.ContainsKey(t))],
            LetGo = [.. SourcesOf(earlier.Plan).Except(sources, StringComparer.Ordinal)],
        };
        await CheckAsync(resolved, earlier, all, withConfigs, cancellationToken).ConfigureAwait(false);
        return resolved;
    }

    private async Task CheckAsync(
        ResolvedTopics resolved, ResolvedTopics earlier, IReadOnlyDictionary<string, TopicDescription> found, bool withConfigs,
        CancellationToken cancellationToken)
    {
        var mayBeWider = MayBeWider(resolved.Plan);
        foreach (var topic in WantedTopics(resolved))
        {
            CheckIsTheSame(topic, earlier, found);
            CheckPartitionCount(topic, found, mayBeWider);
            if (withConfigs || !resolved.IsSameAs(earlier))
            {
                await new TopicConfiguration(_admin, _logger).CheckAsync(topic, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The user's topics that a plan reads.</summary>
    private static List<string> SourcesOf(TopologyPlan plan) =>
        [.. plan.SubTopologies.Concat(plan.Globals)
            .SelectMany(s => s.Sources.Where(t => !t.IsInternal))
            .Select(t => t.Name)
            .Distinct(StringComparer.Ordinal)];

    /// <summary>Looks up the sources, more besides, and the topics that keep the count that they have.</summary>
    private Task<IReadOnlyDictionary<string, TopicDescription>> DescribeAsync(
        TopologyPlan plan, IEnumerable<string> more, CancellationToken cancellationToken) =>
        _admin.DescribeTopicsAsync(
            [.. SourcesOf(plan)
                .Concat(more)
                .Concat(plan.BehindPatterns().SelectMany(s => s.DerivedTopics())
                    .Select(t => InternalTopics.NameOf(_options.ApplicationId, t)))
                .Distinct(StringComparer.Ordinal)],
            cancellationToken);

    /// <summary>A topic that was listed may be deleted when it is looked up.</summary>
    private static TopologyPlan WithoutGone(TopologyPlan plan, IReadOnlyDictionary<string, TopicDescription> found) =>
        plan.LaidOver(plan.SubTopologies
            .SelectMany(s => s.Sources.Where(t => !t.IsInternal && s.Patterns.Any(p => p.Node == t.SourceNode)))
            .Select(t => t.Name)
            .Where(found.ContainsKey));

    private static Dictionary<string, string> IdsNow(ResolvedTopics earlier, IEnumerable<TopicDescription> found)
    {
        var ids = earlier.Ids.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, id) in IdsOf(found))
        {
            ids[name] = id;
        }

        return ids;
    }

    private static Dictionary<string, string> IdsOf(IEnumerable<TopicDescription> topics) =>
        topics.Where(t => t.Id.Length > 0).DistinctBy(t => t.Name).ToDictionary(t => t.Name, t => t.Id, StringComparer.Ordinal);

    /// <summary>Adds the counts of repartition topics to those of the user's, and checks what must fit together.</summary>
    private Dictionary<string, int> Derive(
        TopologyPlan plan, IReadOnlyDictionary<string, TopicDescription> found, Dictionary<string, int> counts)
    {
        var repartition = new RepartitionCounts(plan, _options.ApplicationId, counts);
        repartition.Derive(found.ToDictionary(t => t.Key, t => t.Value.PartitionCount, StringComparer.Ordinal));
        CheckCopartitioning(plan, counts, repartition);
        return counts;
    }

    private static void CheckCopartitioning(TopologyPlan plan, Dictionary<string, int> counts, RepartitionCounts repartition)
    {
        foreach (var group in plan.SubTopologies.SelectMany(s => s.CopartitionGroups))
        {
            // A topic without a count is not there yet.
            var sized = group.Topics.Select(t => (Topic: t, Count: counts[repartition.OnBroker(t)])).Where(t => t.Count > 0).ToList();
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
        TopologyPlan plan, IReadOnlyList<NewTopic> wanted, CancellationToken cancellationToken)
    {
        if (wanted.Count == 0)
        {
            return [];
        }

        var configs = new TopicConfiguration(_admin, _logger);
        await configs.LookAsync(SourcesOf(plan)[0], cancellationToken).ConfigureAwait(false);
        var mayBeWider = MayBeWider(plan);
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
            CheckPartitionCount(topic, existing, mayBeWider);
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

    /// <summary>The changelogs of tasks whose number follows from topics that match: fewer tasks leave the rest of one alone.</summary>
    private HashSet<string> MayBeWider(TopologyPlan plan) =>
        [.. plan.BehindPatterns().SelectMany(s => s.Stores).Where(s => s.IsLogged)
            .Select(s => InternalTopics.NameOf(_options.ApplicationId, s.ChangelogTopic))];

    private static void CheckPartitionCount(
        NewTopic topic, IReadOnlyDictionary<string, TopicDescription> existing, HashSet<string> mayBeWider)
    {
        if (existing.TryGetValue(topic.Name, out var actual) && actual.PartitionCount != topic.PartitionCount
            && !(actual.PartitionCount > topic.PartitionCount && mayBeWider.Contains(topic.Name)))
        {
            throw new TopologyException(
                $"The internal topic '{topic.Name}' has {actual.PartitionCount} partitions, the topology needs "
                + $"{topic.PartitionCount}. Were partitions added to a source topic, or was the topology changed? Keys are in other "
                + "partitions then, and their state is not. Delete the application's internal topics and local state, or start it "
                + "under a new ApplicationId; a Repartition with a fixed PartitionCount before what has state lets source topics "
                + "grow from then on.");
        }
    }

    /// <summary>The internal topics there must be; not those of tasks that there are none of yet.</summary>
    private IEnumerable<NewTopic> WantedTopics(ResolvedTopics resolved) =>
        resolved.Plan.SubTopologies.SelectMany(s => WantedTopics(resolved, s)).Where(topic => topic.PartitionCount > 0);

    private IEnumerable<NewTopic> WantedTopics(ResolvedTopics resolved, SubTopology subTopology)
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
