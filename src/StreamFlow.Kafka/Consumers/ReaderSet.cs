using System.Diagnostics.CodeAnalysis;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Consumers;

/// <summary>The partitions a consumer reads: what librdkafka has assigned and the readers of it, kept alike.</summary>
internal sealed class ReaderSet
{
    private readonly NativeConsumer _native;
    private readonly ReaderSignals _signals;
    private readonly Dictionary<TopicPartition, PrefetchReader> _readers = [];
    private readonly Dictionary<string, TopicHandle> _topics = new(StringComparer.Ordinal);

    internal ReaderSet(NativeConsumer native, ReaderSignals signals)
    {
        _native = native;
        _signals = signals;
    }

    internal IReadOnlyCollection<TopicPartition> Partitions => _readers.Keys;

    internal bool TryGet(TopicPartition partition, [NotNullWhen(true)] out PrefetchReader? reader) =>
        _readers.TryGetValue(partition, out reader);

    /// <summary>
    /// Makes the client know a topic from now on. Without this a partition that the group did not assign waits one to
    /// two seconds for its first record.
    /// </summary>
    internal void KeepTopic(string topic)
    {
        if (!_topics.ContainsKey(topic))
        {
            _topics.Add(topic, _native.KeepTopic(topic));
        }
    }

    /// <summary>Starts to read; partitions that are read already go on as they are.</summary>
    internal NativeError Add(IEnumerable<PartitionOffset> partitions)
    {
        var added = new List<PartitionOffset>();
        foreach (var start in partitions)
        {
            if (!_readers.ContainsKey(start.Partition))
            {
                KeepTopic(start.Partition.Topic);
                _readers.Add(start.Partition, new PrefetchReader(start, _native, _signals));
                added.Add(start with { Metadata = null });
            }
        }

        var error = _native.Assign(added);
        if (error.IsError)
        {
            foreach (var start in added)
            {
                Forget(start.Partition);
            }
        }

        return error;
    }

    /// <summary>Stops reading; partitions that are not read are left alone.</summary>
    internal NativeError Remove(IEnumerable<TopicPartition> partitions)
    {
        var removed = partitions.Where(_readers.ContainsKey).Distinct().ToList();
        foreach (var partition in removed)
        {
            _readers[partition].Release();
        }

        var error = _native.Unassign(removed);
        foreach (var partition in removed)
        {
            Forget(partition);
        }

        return error;
    }

    /// <summary>Ends all readers and lets go of all topics.</summary>
    internal void Close()
    {
        foreach (var reader in _readers.Values)
        {
            reader.Dispose();
        }

        foreach (var topic in _topics.Values)
        {
            topic.Dispose();
        }

        _readers.Clear();
        _topics.Clear();
    }

    private void Forget(TopicPartition partition)
    {
        if (_readers.Remove(partition, out var reader))
        {
            reader.Dispose();
        }
    }
}
