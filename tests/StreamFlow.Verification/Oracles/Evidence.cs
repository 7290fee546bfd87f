namespace StreamFlow.Verification.Oracles;

/// <summary>All that the oracles judge by, read when the workers have ended.</summary>
internal sealed class Evidence
{
    private const int TopicsAtOnce = 4;
    private readonly Dictionary<string, IReadOnlyList<ReadRecord>> _topics;

    private Evidence(Dictionary<string, IReadOnlyList<ReadRecord>> topics) => _topics = topics;

    public required ulong Seed { get; init; }

    /// <summary>Number of inputs the feeder has sent.</summary>
    public required long Sent { get; init; }

    public required IReadOnlyList<string> FeederFailures { get; init; }

    public required IReadOnlyList<LocalState> LocalStates { get; init; }

    public required Liveness Liveness { get; init; }

    public required IReadOnlyDictionary<(string Topic, int Partition), PartitionFacts> Facts { get; init; }

    public long RecordsRead => _topics.Values.Sum(t => (long)t.Count);

    public IReadOnlyList<ReadRecord> this[string topic] => _topics[topic];

    public static IReadOnlyList<string> AllTopics { get; } =
    [
        .. Workload.Topics, Workload.Repartition, Places.Questions, Places.Answers,
        .. Workload.Stores.Select(s => s.Name).Union(StoreLayout.All.Keys).Select(Workload.ChangelogOf),
    ];

    public static Evidence Collect(
        string bootstrapServers,
        ulong seed,
        long sent,
        IReadOnlyList<string> feederFailures,
        IReadOnlyList<LocalState> localStates,
        Liveness liveness,
        Func<string, int> partitionsOf)
    {
        var reader = new TopicReader(bootstrapServers);
        var topics = AllTopics.AsParallel().WithDegreeOfParallelism(TopicsAtOnce).Select(topic => (topic, reader.Read(topic)));
        return new Evidence(topics.ToDictionary())
        {
            Seed = seed,
            Sent = sent,
            FeederFailures = feederFailures,
            LocalStates = localStates,
            Liveness = liveness,
            Facts = PositionReader.Read(bootstrapServers, AllTopics, partitionsOf),
        };
    }
}

/// <summary>Whether workers lived on as they should.</summary>
/// <param name="Troubles">Workers that ended by themselves, and faults after which nothing came any more.</param>
/// <param name="Checked">Lives of workers, their orderly ends, and faults after which results had to come again.</param>
internal sealed record Liveness(IReadOnlyList<string> Troubles, long Checked);

/// <summary>Violations of one guarantee.</summary>
/// <param name="Oracle">Name of the guarantee.</param>
/// <param name="Violations">What contradicts it; empty when it holds.</param>
/// <param name="Checked">Number of records or facts looked at.</param>
internal sealed record Verdict(string Oracle, IReadOnlyList<string> Violations, long Checked);
