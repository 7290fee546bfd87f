using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>Sorts a producer's delivery reports: last offsets to their topics, failures into a queue.</summary>
internal sealed class DeliveryReports
{
    private readonly Dictionary<nint, SinkTopic> _topics = [];
    private readonly Queue<DeliveryFailure> _failures = new();
    private SinkTopic? _lastTopic;

    /// <summary>
    /// Whether records that were purged are to be reported. While a transaction is aborted they are expected, and so is
    /// every other failure: nothing of an aborted transaction was delivered.
    /// </summary>
    internal bool Aborting { get; set; }

    internal bool HasFailures => _failures.Count > 0;

    internal void Add(SinkTopic topic) => _topics.Add(topic.Pointer, topic);

    internal bool TryTakeFailure(out DeliveryFailure failure) => _failures.TryDequeue(out failure);

    internal void Delivered(nint topic, int partition, long lastOffset) =>
        Find(topic).Delivered(partition, lastOffset);

    internal void Failed(nint topic, int partition, in NativeError error, byte[]? key, byte[]? value)
    {
        if (!Aborting)
        {
            _failures.Enqueue(new DeliveryFailure(
                new TopicPartition(Find(topic).Name, partition),
                $"{NativeError.Name(error.Code)}: {error.Text}", Errors.DeliveryKind(error), key, value));
        }
    }

    /// <summary>Forgets the failures of a transaction that is aborted.</summary>
    internal void Clear() => _failures.Clear();

    private SinkTopic Find(nint topic)
    {
        // Reports come in runs of the same topic.
        if (_lastTopic is null || _lastTopic.Pointer != topic)
        {
            _lastTopic = _topics[topic];
        }

        return _lastTopic;
    }
}
