
namespace StreamFlow.Broker.Storage;

/// <summary>One topic: its identity, settings and partitions. The latter two may change while it is read.</summary>
internal sealed class Topic
{
    private volatile PartitionLog[] _partitions;
    private volatile IReadOnlyDictionary<string, string> _configs;

    public Topic(string name, Guid id, IReadOnlyDictionary<string, string> configs, PartitionLog[] partitions)
    {
        Name = name;
        Id = id;
        _configs = configs;
        _partitions = partitions;
    }

    public string Name { get; }

    /// <summary>Stable over restarts; a topic created anew under the same name gets another.</summary>
    public Guid Id { get; }

    /// <summary>Topics of the broker's own that clients may read but not write.</summary>
    public bool IsInternal => TopicNames.IsInternal(Name);

    /// <summary>The settings this topic overrides.</summary>
    public IReadOnlyDictionary<string, string> Configs => _configs;

    /// <summary>The partitions by number.</summary>
    public IReadOnlyList<PartitionLog> Partitions => _partitions;

    public PartitionLog? GetPartition(int partition)
    {
        var partitions = _partitions;
        return (uint)partition < (uint)partitions.Length ? partitions[partition] : null;
    }

    internal void SetConfigs(IReadOnlyDictionary<string, string> configs) => _configs = configs;

    internal void SetPartitions(PartitionLog[] partitions) => _partitions = partitions;
}

/// <summary>The outcome of an administrative call.</summary>
/// <param name="Error">None, or why nothing was changed.</param>
/// <param name="Message">On error, a sentence naming what was wrong.</param>
/// <param name="Topic">The topic concerned, where there is one.</param>
internal readonly record struct TopicResult(ErrorCode Error, string? Message, Topic? Topic)
{
    public bool IsSuccess => Error == ErrorCode.None;

    public static TopicResult Ok(Topic? topic) => new(ErrorCode.None, null, topic);

    public static TopicResult Failed(ErrorCode error, string message) => new(error, message, null);
}
