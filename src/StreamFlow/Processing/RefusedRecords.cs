using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>
/// The records that the broker refused in a transaction, until one commits. A refused record takes its transaction with it,
/// and the next attempt would send it again: here it is known before it is sent, so that the error handler is asked
/// about it while its input record is at hand, and it is left out.
/// </summary>
/// <param name="sent">Knows by its number which result a refused record is.</param>
/// <param name="poll">Takes delivery reports; throws when a record was not delivered.</param>
/// <param name="awaitDelivery">The same, and waits until what was sent is acknowledged.</param>
/// <remarks>
/// A broker refuses batches, and does not say because of which record. If several were refused together, each is sent in a
/// batch of its own until a transaction commits; only the one that is refused then is left out.
/// </remarks>
internal sealed class RefusedRecords(SentResults sent, Action poll, Action awaitDelivery)
{
    private readonly Dictionary<string, string> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Topic, long Mark), List<Refusal>> _records = [];

    public bool Any => _records.Count + _topics.Count > 0;

    /// <summary>Takes note of all refusals that came together.</summary>
    public void Remember(IReadOnlyCollection<DeliveryFailure> failures)
    {
        foreach (var batch in failures.Where(f => f.Kind == KafkaErrorKind.Refused).GroupBy(f => f.Partition))
        {
            var isAlone = batch.Count() == 1;
            foreach (var failure in batch)
            {
                Remember(in failure, isAlone);
            }
        }
    }

    /// <summary>Whether it is known what a refused record is due to, so that it will be recognised in the next attempt.</summary>
    public bool Knows(in DeliveryFailure failure) => sent.TryFind(failure.Number, out _);

    /// <summary>A transaction has committed: what comes now has not been refused yet.</summary>
    public void Clear()
    {
        _topics.Clear();
        _records.Clear();
    }

    /// <summary>Whether a result may be one that was refused, and is to be sent in a batch of its own.</summary>
    /// <exception cref="KafkaClientException">It surely is; of kind <see cref="KafkaErrorKind.Refused"/>.</exception>
    public bool IsSuspect(string topic, int partition, in ByteRecord record, long mark)
    {
        var target = new TopicPartition(topic, partition);
        if (_topics.TryGetValue(topic, out var reason))
        {
            throw Refused(target, reason);
        }

        var refusal = Find(topic, mark, record.HasKey, record.Key);
        if (refusal is not null && refusal.IsCertain(in record))
        {
            throw Refused(target, refusal.Reason);
        }

        return refusal is not null;
    }

    /// <summary>Waits until what was sent is acknowledged; throws when something was not.</summary>
    public void AwaitDelivery() => awaitDelivery();

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

        if (!sent.TryFind(failure.Number, out var result))
        {
            // Older than a producer's queue is long, which ends the thread.
            return;
        }

        var known = Find(failure.Partition.Topic, result.Mark, failure.Key is not null, failure.Key);
        if (known is null)
        {
            known = new Refusal(isDirect: result.Mark > 0);
            Those(failure.Partition.Topic, result.Mark).Add(known);
        }

        known.Add(in failure, isAlone);
    }

    private List<Refusal> Those(string topic, long mark)
    {
        if (!_records.TryGetValue((topic, mark), out var those))
        {
            _records.Add((topic, mark), those = []);
        }

        return those;
    }

    private Refusal? Find(string topic, long mark, bool hasKey, ReadOnlySpan<byte> key)
    {
        if (_records.TryGetValue((topic, mark), out var those))
        {
            foreach (var refusal in those)
            {
                if (refusal.Fits(hasKey, key))
                {
                    return refusal;
                }
            }
        }

        return null;
    }

    /// <summary>
    /// What a record is the result of is the same in every attempt, its content perhaps not. What a store hands on as it is
    /// flushed depends on when that was: it is told by its key and its sink, and is taken for the refused one if it holds the
    /// same, or if what the key gives was refused by itself twice already.
    /// </summary>
    private sealed class Refusal(bool isDirect)
    {
        private byte[]? _key;
        private byte[]? _value;
        private int _timesAlone;

        public string Reason { get; private set; } = string.Empty;

        public void Add(in DeliveryFailure failure, bool isAlone)
        {
            _key = failure.Key;
            _value = failure.Value;
            Reason = failure.Reason;
            _timesAlone += isAlone ? 1 : 0;
        }

        public bool Fits(bool hasKey, ReadOnlySpan<byte> key) =>
            isDirect || (hasKey == _key is not null && key.SequenceEqual(_key));

        public bool IsCertain(in ByteRecord record) =>
            _timesAlone > 1 || (_timesAlone == 1 && (isDirect || Holds(in record)));

        private bool Holds(in ByteRecord record) => record.HasValue == _value is not null && record.Value.SequenceEqual(_value);
    }
}
