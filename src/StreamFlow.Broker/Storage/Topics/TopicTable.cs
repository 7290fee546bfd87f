using System.Collections.Concurrent;

namespace StreamFlow.Broker.Storage;

/// <summary>The topics by name and by id. May be read by any thread; changed under the lock of the store.</summary>
internal sealed class TopicTable
{
    private readonly ConcurrentDictionary<string, Topic> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Guid, Topic> _byId = new();
    private readonly Dictionary<string, Topic> _byCollisionKey = new(StringComparer.Ordinal);
    private long _version;
    private long _partitions;

    /// <summary>Another number whenever a topic came, went or grew.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>The partitions of all topics of clients.</summary>
    public long PartitionCount => Interlocked.Read(ref _partitions);

    public ICollection<Topic> All => _byName.Values;

    public Topic? Find(string name) => _byName.GetValueOrDefault(name);

    public Topic? Find(Guid id) => _byId.GetValueOrDefault(id);

    /// <summary>The topic whose name differs from this one in nothing but '.' and '_'; under the lock of the store.</summary>
    public Topic? FindTwin(string name) => _byCollisionKey.GetValueOrDefault(TopicNames.CollisionKey(name));

    public void Add(Topic topic)
    {
        _byCollisionKey[TopicNames.CollisionKey(topic.Name)] = topic;
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
        _byCollisionKey.Remove(TopicNames.CollisionKey(topic.Name));
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
