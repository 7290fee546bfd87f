namespace StreamFlow.Broker.Groups;

/// <summary>One partition of a topic by its id: a topic created anew under the same name is another.</summary>
internal readonly record struct TopicIdPartition(Guid TopicId, int Partition) : IComparable<TopicIdPartition>
{
    public int CompareTo(TopicIdPartition other)
    {
        int byTopic = TopicId.CompareTo(other.TopicId);
        return byTopic != 0 ? byTopic : Partition.CompareTo(other.Partition);
    }
}

/// <summary>A topic as groups know it.</summary>
internal sealed record TopicInfo(string Name, Guid Id, int Partitions);

/// <summary>The topics there are. Answers at once and may be asked by any thread.</summary>
internal interface ITopicCatalog
{
    /// <summary>Another number whenever a topic came, went or grew.</summary>
    long Version { get; }

    /// <summary>The topic of a name, or null.</summary>
    TopicInfo? Find(string name);

    /// <summary>The topic of an id, or null.</summary>
    TopicInfo? Find(Guid id);

    /// <summary>The names of all topics that a pattern may find: not those of the broker's own.</summary>
    IEnumerable<string> Names { get; }
}
