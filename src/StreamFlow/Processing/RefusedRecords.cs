using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>
/// The results that the broker refused in a transaction, until one commits. A refused record takes its transaction with it,
/// and the next attempt would send it again: here it is known before it is sent, so that the error handler is asked
/// about it while its input record is at hand, and it is left out.
/// </summary>
/// <param name="poll">Takes delivery reports; throws when a record was not delivered.</param>
/// <param name="awaitDelivery">The same, and waits until what was sent is acknowledged.</param>
/// <remarks>
/// A broker refuses batches, and does not say because of which record. If several were refused together, each is sent in a
/// batch of its own once; only the one that is refused then is left out.
/// </remarks>
internal sealed class RefusedRecords(Action poll, Action awaitDelivery)
{
    private readonly Dictionary<string, string> _topics = new(StringComparer.Ordinal);
    private readonly List<Refusal> _records = [];

    public bool Any => _records.Count + _topics.Count > 0;

    /// <summary>Takes note of all refusals that came together.</summary>
    public void Remember(IReadOnlyCollection<DeliveryFailure> failures)
    {
        foreach (var batch in failures.Where(f => f.Kind == KafkaErrorKind.Refused).GroupBy(f => f.Partition))
        {
            var isAlone = batch.Count() == 1;
            foreach (var failure in batch)
            {
                Remember(failure, isAlone);
            }
        }
    }

    /// <summary>A transaction has committed: what comes now has not been refused yet.</summary>
    public void Clear()
    {
        _topics.Clear();
        _records.Clear();
    }

    /// <summary>Sends a record, unless it is one that was refused.</summary>
    /// <exception cref="KafkaClientException">It is; of kind <see cref="KafkaErrorKind.Refused"/>.</exception>
    public void Send(RecordCollector collector, ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        var target = new TopicPartition(topic.Name, partition);
        if (_topics.TryGetValue(topic.Name, out var reason))
        {
            throw Refused(target, reason);
        }

        if (Find(target, in record) is not { } refusal)
        {
            collector.HandOver(topic, partition, in record, headers);
            return;
        }

        if (refusal.IsCertain)
        {
            throw Refused(target, refusal.Reason);
        }

        awaitDelivery();
        collector.HandOver(topic, partition, in record, headers);
        awaitDelivery();
        _records.Remove(refusal);
    }

    /// <summary>A producer that takes no more records for this transaction: says which one it has lost, if that is known.</summary>
    public void Explain() => poll();

    private static KafkaClientException Refused(TopicPartition target, string reason) =>
        new($"A record for {target} was refused: {reason}", KafkaErrorKind.Refused) { Partition = target };

    private void Remember(in DeliveryFailure failure, bool isAlone)
    {
        if (failure.ConcernsTopic)
        {
            _topics[failure.Partition.Topic] = failure.Reason;
            return;
        }

        var record = new ByteRecord
        {
            Key = failure.Key,
            HasKey = failure.Key is not null,
            Value = failure.Value,
            HasValue = failure.Value is not null,
            Mark = failure.Mark,
        };
        var known = Find(failure.Partition, in record);
        if (known is null)
        {
            _records.Add(new Refusal(failure) { IsCertain = isAlone });
        }
        else
        {
            known.IsCertain |= isAlone;
        }
    }

    private Refusal? Find(TopicPartition target, in ByteRecord record)
    {
        foreach (var refusal in _records)
        {
            if (refusal.Fits(target, in record))
            {
                return refusal;
            }
        }

        return null;
    }

    private sealed class Refusal(in DeliveryFailure failure)
    {
        private readonly DeliveryFailure _failure = failure;

        public string Reason => _failure.Reason;

        /// <summary>Whether it was refused by itself.</summary>
        public bool IsCertain { get; set; }

        /// <summary>
        /// What a record is the result of is the same in every attempt, its content perhaps not. Only what caches send as
        /// they are flushed is no one record's result; then the content has to do.
        /// </summary>
        public bool Fits(TopicPartition target, in ByteRecord record)
        {
            if (target.Topic != _failure.Partition.Topic || record.Mark != _failure.Mark)
            {
                return false;
            }

            return record.Mark != 0
                || (record.HasKey == _failure.Key is not null
                    && record.HasValue == _failure.Value is not null
                    && record.Key.SequenceEqual(_failure.Key)
                    && record.Value.SequenceEqual(_failure.Value));
        }
    }
}
