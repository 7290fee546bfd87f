using System.Collections.Concurrent;

namespace StreamFlow.Broker.Storage;

/// <summary>The topics by name and by id. May be read by any thread; changed under the lock of the store.</summary>
internal sealed class TopicTable
{
    private readonly ConcurrentDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, Topic> _byId = new();
    private long _version;
    private long _partitions;

    /// <summary>Another number whenever a topic came, went or grew.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>The partitions of all topics of clients.</summary>
    public long PartitionCount => Interlocked.Read(ref _partitions);

    public ICollection<Topic> All => _byName.Values;

    public ICollection<string> Names => _byName.Keys;

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _byId.GetValueOrDefault(id);

    public void Add(Topic topic)
    {
        _byId[topic.Id] = topic;
        _byName[topic.Name] = topic;
        Count(topic, topic.Partitions.Count);
        Interlocked.Increment(ref _version);
    }

    public void Remove(Topic topic)
    {
        _byName.TryRemove(topic.Name, out _);
        Count(topic, -topic.Partitions.Count);
        _byId.TryRemove(topic.Id, out _);
        Interlocked.Increment(ref _version);
    }

    /// <summary>Gives a topic further partitions.</summary>
    public void Grow(Topic topic, IReadOnlyCollection<PartitionLog> added)
    {
        Count(topic, added.Count);
        topic.SetPartitions([.. topic.Partitions, .. added]);
        Interlocked.Increment(ref _version);
    }

    private void Count(Topic topic, int added) => Interlocked.Add(ref _partitions, topic.IsInternal ? 0 : added);
}
