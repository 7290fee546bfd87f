namespace StreamFlow.Planning;

/// <summary>
/// The plan laid over the topics of a real cluster as they were when somebody looked: names with the application id,
/// partition counts, leaders. It never changes; whoever looks again makes another one.
/// </summary>
internal sealed class ResolvedTopics
{
    private readonly Dictionary<string, int> _partitionCounts;
    private readonly Dictionary<string, SubTopology> _byLeader = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SubTopology> _bySource = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TopicKind> _kinds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _countsAtStart;

    /// <param name="plan">The plan.</param>
    /// <param name="applicationId">The application's id.</param>
    /// <param name="partitionCounts">Partition counts of the topics that are read, by their names on the broker.</param>
    /// <param name="earlier">What was seen before; null at the start.</param>
    public ResolvedTopics(
        TopologyPlan plan, string applicationId, Dictionary<string, int> partitionCounts, ResolvedTopics? earlier = null)
    {
        Plan = plan;
        ApplicationId = applicationId;
        _partitionCounts = partitionCounts;
        _countsAtStart = earlier?._countsAtStart ?? partitionCounts;
        foreach (var topic in plan.Globals.SelectMany(global => global.Sources))
        {
            _kinds[topic.Name] = TopicKind.Global;
        }

        foreach (var subTopology in plan.SubTopologies)
        {
            if (LeaderOf(subTopology) is { } leader)
            {
                _byLeader.Add(leader, subTopology);
            }

            AddKinds(subTopology);
        }
    }

    public TopologyPlan Plan { get; }

    public string ApplicationId { get; }

    /// <summary>What the cluster calls the topics, by their names, as far as it tells.</summary>
    public IReadOnlyDictionary<string, string> Ids { get; init; } = new Dictionary<string, string>();

    /// <summary>The user's topics that were there when the application started and are not now.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>The user's topics with a fixed name that are written to, and are not there now.</summary>
    public IReadOnlyList<string> MissingOutputs { get; init; } = [];

    /// <summary>Topics that matched a pattern when somebody looked before, and are not there now.</summary>
    public IReadOnlyList<string> LetGo { get; init; } = [];

    /// <summary>One topic per sub-topology: what the group balances. A sub-topology has none while no topic matches its pattern.</summary>
    public IReadOnlyCollection<string> LeaderTopics => _byLeader.Keys;

    /// <summary>
    /// The leaders of sub-topologies that could be led by another topic, were the partition counts others. Members that see
    /// other leaders share the same tasks out twice.
    /// </summary>
    public IReadOnlyList<string> ChosenLeaders => [.. _byLeader.Where(l => HasChoiceOfLeader(l.Value)).Select(l => l.Key)];

    /// <summary>Every topic that tasks read.</summary>
    public IReadOnlyCollection<string> AllSourceTopics => _bySource.Keys;

    /// <summary>Partition counts of the topics that are read, by name.</summary>
    public IReadOnlyDictionary<string, int> PartitionCounts => _partitionCounts;

    /// <summary>What a topic of the broker is for. One that the plan does not know is chosen by a record: an output.</summary>
    public TopicKind KindOf(string topic) => _kinds.GetValueOrDefault(topic, TopicKind.Output);

    public string NameOf(SourceTopic topic) =>
        topic.IsInternal ? InternalTopics.NameOf(ApplicationId, topic.Name) : topic.Name;

    /// <summary>The sub-topology that reads a topic, be it the leader now or not.</summary>
    public SubTopology SubTopologyOf(string sourceTopic) =>
        _bySource.TryGetValue(sourceTopic, out var found)
            ? found
            : throw new StreamsException($"Topic '{sourceTopic}' was assigned but no sub-topology of this application reads it.");

    /// <summary>The partitions a task reads: the same number of each source topic that has it.</summary>
    public IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> InputsOf(SubTopology subTopology, int partition) =>
        [.. from source in subTopology.Sources
            let name = NameOf(source)
            where partition < _partitionCounts[name]
            select (source, new TopicPartition(name, partition))];

    public int TaskCount(SubTopology subTopology) =>
        LeaderOf(subTopology) is { } leader ? _partitionCounts[leader] : 0;

    /// <summary>Whether a partition of a topic that is read was there when somebody looked.</summary>
    public bool Has(TopicPartition partition) =>
        partition.Partition < _partitionCounts.GetValueOrDefault(partition.Topic);

    /// <summary>Whether a partition was added while the application ran.</summary>
    public bool WasAdded(TopicPartition partition) =>
        partition.Partition >= _countsAtStart.GetValueOrDefault(partition.Topic);

    /// <summary>Whether another topic could lead.</summary>
    public static bool HasChoiceOfLeader(SubTopology subTopology) => subTopology.Sources.Count > 1 || subTopology.Patterns.Count > 0;

    /// <summary>Whether everything is as it was.</summary>
    public bool IsSameAs(ResolvedTopics other) =>
        Missing.SequenceEqual(other.Missing, StringComparer.Ordinal)
        && MissingOutputs.SequenceEqual(other.MissingOutputs, StringComparer.Ordinal)
        && AreEqual(_partitionCounts, other._partitionCounts)
        && AreEqual(Ids, other.Ids);

    /// <summary>
    /// Whether members that go by what was seen earlier may stay as they are: the tasks that they can have read the same
    /// partitions, and the group shares them out by the same topics.
    /// </summary>
    public bool Continues(ResolvedTopics earlier) =>
        earlier.LeaderTopics.ToHashSet(StringComparer.Ordinal).SetEquals(LeaderTopics)
        && Plan.SubTopologies.Zip(earlier.Plan.SubTopologies).All(s =>
            Enumerable.Range(0, Math.Min(TaskCount(s.First), earlier.TaskCount(s.Second)))
                .All(p => InputsOf(s.First, p).SequenceEqual(earlier.InputsOf(s.Second, p))));

    private static bool AreEqual<T>(IReadOnlyDictionary<string, T> a, IReadOnlyDictionary<string, T> b) =>
        a.Count == b.Count
        && a.All(p => b.TryGetValue(p.Key, out var value) && EqualityComparer<T>.Default.Equals(p.Value, value));

    private void AddKinds(SubTopology subTopology)
    {
        foreach (var source in subTopology.Sources)
        {
            _kinds[NameOf(source)] = source.Kind;
            _bySource[NameOf(source)] = subTopology;
        }

        foreach (var store in subTopology.Stores.Where(store => store.IsLogged))
        {
            _kinds[InternalTopics.NameOf(ApplicationId, store.ChangelogTopic)] = TopicKind.Changelog;
        }
    }

    /// <summary>
    /// The source topic with the most partitions; the first by name of several. Each of its partitions is a task, and
    /// with it go the same-numbered partitions of the other source topics, so tasks are co-partitioned by construction. There is
    /// none where no topic matches, here or further up.
    /// </summary>
    private string? LeaderOf(SubTopology subTopology) =>
        subTopology.Sources
            .Select(NameOf)
            .Where(name => _partitionCounts[name] > 0)
            .OrderByDescending(name => _partitionCounts[name])
            .ThenBy(name => name, StringComparer.Ordinal)
            .FirstOrDefault();
}
