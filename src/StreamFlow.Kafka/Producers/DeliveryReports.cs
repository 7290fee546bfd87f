using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>
/// Sorts a producer's delivery reports: last offsets to their topics, failures into a queue, and what was refused together to
/// where it is sent again from.
/// </summary>
/// <param name="refused">
/// Sends again what was refused together; null in transactions, where a refusal leaves nothing but to abort.
/// </param>
internal sealed class DeliveryReports(RefusedBatches? refused) : IDeliveryReports
{
    private readonly Dictionary<nint, SinkTopic> _topics = [];
    private readonly Queue<DeliveryFailure> _failures = new();
    private readonly List<(NativeError Error, ReportedRecord Record)> _batch = [];
    private SinkTopic? _lastTopic;

    /// <summary>
    /// While a transaction is aborted failures are expected: nothing of it was delivered. Only records that would be refused
    /// again are worth a report then.
    /// </summary>
    internal bool Aborting { get; set; }

    internal void Add(SinkTopic topic) => _topics.Add(topic.Pointer, topic);

    internal bool TryTakeFailure(out DeliveryFailure failure) => _failures.TryDequeue(out failure);

    public bool KeepsDelivered => refused is { IsActive: true };

    public void Failed(in NativeError error, ReportedRecord record) => _batch.Add((error, record));

    public void Kept(ReportedRecord record) => refused!.Delivered(record);

    public void Ended(nint topic, int partition, long lastOffset, long bytes)
    {
        var sink = Find(topic);
        sink.Reported(partition, bytes);
        if (_batch.Count == 0)
        {
            sink.Delivered(partition, lastOffset);
            return;
        }

        if (_batch.Count > 1 && Errors.IsTooLarge(_batch[0].Error.Code))
        {
            sink.Limit(bytes);
        }

        Sort(sink);
        _batch.Clear();
    }

    /// <summary>A record that was to be sent again, and is not even taken.</summary>
    internal void Failed(SinkTopic topic, in NativeError error, ReportedRecord record) => _failures.Enqueue(
        new DeliveryFailure(
            new TopicPartition(topic.Name, record.Partition), Reason(topic, in error, record),
            Errors.DeliveryKind(error), record.Key, record.Value)
        {
            Number = record.Number,
            ConcernsTopic = Errors.ConcernsTopic(error.Code),
            Timestamp = record.Timestamp,
            Headers = record.Headers,
        });

    private static string Reason(SinkTopic topic, in NativeError error, ReportedRecord record)
    {
        var reason = $"{NativeError.Name(error.Code)}: {error.Text}";
        return Errors.IsTooLarge(error.Code)
            ? $"{reason}. {TooLarge.Text(topic.Name, record.Key is not null, record.Key, record.Value?.Length ?? 0)}"
            : reason;
    }

    /// <summary>Forgets the failures of a transaction that is aborted, but not what was refused.</summary>
    internal void Clear()
    {
        for (var left = _failures.Count; left > 0; left--)
        {
            if (_failures.Dequeue() is { Kind: KafkaErrorKind.Refused } kept)
            {
                _failures.Enqueue(kept);
            }
        }
    }

    internal SinkTopic Find(nint topic)
    {
        // Reports come in runs of the same topic.
        if (_lastTopic is null || _lastTopic.Pointer != topic)
        {
            _lastTopic = _topics[topic];
        }

        return _lastTopic;
    }

    /// <summary>
    /// A broker refuses batches. A record that is alone in one is surely meant; newer brokers name those meant themselves, and
    /// librdkafka then says of the others that a different record was invalid.
    /// </summary>
    private void Sort(SinkTopic sink)
    {
        var areNamed = _batch.Exists(f => f.Error.Code == ErrorCode.InvalidDifferentRecord);
        var again = 0;
        foreach (var (error, record) in _batch)
        {
            var kind = Errors.DeliveryKind(error);
            if (Aborting && kind != KafkaErrorKind.Refused)
            {
                continue;
            }

            var isMeant = _batch.Count == 1 || (areNamed && error.Code != ErrorCode.InvalidDifferentRecord);
            if (refused is null || isMeant || !MayGoBetter(error.Code, kind))
            {
                Failed(sink, error, record);
                continue;
            }

            refused.Add(record);
            again++;
        }

        if (again > 0)
        {
            refused!.Told(sink.Name, _batch[0].Record.Partition, again, _batch[0].Error);
        }
    }

    /// <summary>
    /// Whether the fault may lie with another record of the batch. An outage has nothing to do with the records, and what is
    /// wrong with the topic is so for each.
    /// </summary>
    private static bool MayGoBetter(ErrorCode code, KafkaErrorKind kind) =>
        kind is KafkaErrorKind.Refused or KafkaErrorKind.Abortable && !Errors.ConcernsTopic(code)
        && code != ErrorCode.UnknownPartition && !Errors.IsPurged(code);
}
