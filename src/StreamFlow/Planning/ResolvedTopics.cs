namespace StreamFlow.Planning;

/// <summary>The plan laid over the topics of a real cluster: names with the application id, partition counts, leaders.</summary>
internal sealed class ResolvedTopics
{
    private readonly Dictionary<string, int> _partitionCounts;
    private readonly Dictionary<string, SubTopology> _byLeader = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TopicKind> _kinds = new(StringComparer.Ordinal);

    public ResolvedTopics(TopologyPlan plan, string applicationId, Dictionary<string, int> partitionCounts)
    {
        Plan = plan;
        ApplicationId = applicationId;
        _partitionCounts = partitionCounts;
        foreach (var subTopology in plan.SubTopologies)
        {
            _byLeader.Add(LeaderOf(subTopology), subTopology);
            AddKinds(subTopology);
        }
    }

    public TopologyPlan Plan { get; }

    public string ApplicationId { get; }

    /// <summary>One topic per sub-topology: what the group balances.</summary>
    public IReadOnlyCollection<string> LeaderTopics => _byLeader.Keys;

    /// <summary>Every topic that is read.</summary>
    public IReadOnlyCollection<string> AllSourceTopics =>
        [.. Plan.SubTopologies.SelectMany(s => s.Sources).Select(NameOf).Distinct(StringComparer.Ordinal)];

    /// <summary>What a topic of the broker is for. One that the plan does not know is chosen by a record: an output.</summary>
    public TopicKind KindOf(string topic) => _kinds.GetValueOrDefault(topic, TopicKind.Output);

    public string NameOf(SourceTopic topic) =>
        topic.IsInternal ? InternalTopics.NameOf(ApplicationId, topic.Name) : topic.Name;

    public SubTopology SubTopologyOf(string leaderTopic) =>
        _byLeader.TryGetValue(leaderTopic, out var found)
            ? found
            : throw new StreamsException($"Topic '{leaderTopic}' was assigned but leads no sub-topology of this application.");

    /// <summary>The partitions a task reads: the same number of each source topic that has it.</summary>
    public IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> InputsOf(SubTopology subTopology, int partition) =>
        [.. from source in subTopology.Sources
            let name = NameOf(source)
            where partition < _partitionCounts[name]
            select (source, new TopicPartition(name, partition))];

    /// <summary>Whether what its tasks write meets again in this application, so that it matters how far apart they are.</summary>
    public bool FeedsAnother(SubTopology subTopology) =>
        subTopology.RepartitionSinks.Count > 0
        || subTopology.SinkTopics.Any(sink => Plan.SubTopologies.Any(s => s.Sources.Any(t => !t.IsInternal && t.Name == sink)));

    public int TaskCount(SubTopology subTopology) => _partitionCounts[LeaderOf(subTopology)];

    private void AddKinds(SubTopology subTopology)
    {
        foreach (var source in subTopology.Sources)
        {
            _kinds[NameOf(source)] = source.Kind;
        }

        foreach (var store in subTopology.Stores.Where(store => store.IsLogged))
        {
            _kinds[InternalTopics.NameOf(ApplicationId, store.ChangelogTopic)] = TopicKind.Changelog;
        }
    }

    /// <summary>
    /// The source topic with the most partitions; the first by name of several. Each of its partitions is a task, and
    /// with it go the same-numbered partitions of the other source topics, so tasks are co-partitioned by construction.
    /// </summary>
    private string LeaderOf(SubTopology subTopology) =>
        subTopology.Sources
            .Select(NameOf)
            .OrderByDescending(name => _partitionCounts[name])
            .ThenBy(name => name, StringComparer.Ordinal)
            .First();
}
