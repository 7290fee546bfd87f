using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>Sorts a producer's delivery reports: last offsets to their topics, failures into a queue.</summary>
internal sealed class DeliveryReports : IDeliveryReports
{
    private readonly Dictionary<nint, SinkTopic> _topics = [];
    private readonly Queue<DeliveryFailure> _failures = new();
    private SinkTopic? _lastTopic;

    /// <summary>
    /// While a transaction is aborted failures are expected: nothing of it was delivered. Only records that would be refused
    /// again are worth a report then.
    /// </summary>
    internal bool Aborting { get; set; }

    internal bool HasFailures => _failures.Count > 0;

    internal void Add(SinkTopic topic) => _topics.Add(topic.Pointer, topic);

    internal bool TryTakeFailure(out DeliveryFailure failure) => _failures.TryDequeue(out failure);

    public void Delivered(nint topic, int partition, long lastOffset) =>
        Find(topic).Delivered(partition, lastOffset);

    public void Failed(nint topic, int partition, in NativeError error, byte[]? key, byte[]? value, long number)
    {
        var kind = Errors.DeliveryKind(error);
        if (!Aborting || kind == KafkaErrorKind.Refused)
        {
            _failures.Enqueue(new DeliveryFailure(
                new TopicPartition(Find(topic).Name, partition),
                $"{NativeError.Name(error.Code)}: {error.Text}", kind, key, value)
            {
                Number = number,
                ConcernsTopic = Errors.ConcernsTopic(error.Code),
            });
        }
    }

    /// <summary>Forgets the failures of a transaction that is aborted, but not what was refused.</summary>
    internal void Clear()
    {
        for (var left = _failures.Count; left > 0; left--)
        {
            if (_failures.Dequeue() is { Kind: KafkaErrorKind.Refused } refused)
            {
                _failures.Enqueue(refused);
            }
        }
    }

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
