using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>What the coordinator relies on of a partition: registrations, epochs, and markers.</summary>
internal sealed class ModelPartition
{
    private readonly List<(ProducerIdentity Producer, int Transaction, bool? Marker)> _log = [];
    private readonly Dictionary<long, short> _registered = [];
    private readonly Dictionary<long, short> _epochs = [];
    private readonly Dictionary<long, int> _open = [];
    private readonly Dictionary<int, bool> _outcomes = [];
    private int _stable;

    public void Restart() => _registered.Clear();

    public void Register(ProducerIdentity producer) => _registered[producer.ProducerId] = producer.Epoch;

    public bool TryAppend(ProducerIdentity producer, int transaction)
    {
        bool isAccepted = _registered.TryGetValue(producer.ProducerId, out short epoch) && epoch == producer.Epoch
            && producer.Epoch >= _epochs.GetValueOrDefault(producer.ProducerId, (short)-1);
        if (isAccepted)
        {
            _epochs[producer.ProducerId] = producer.Epoch;
            _open.TryAdd(producer.ProducerId, _log.Count);
            _log.Add((producer, transaction, null));
        }

        return isAccepted;
    }

    public void End(ProducerIdentity producer, bool commit)
    {
        Assert.True(
            producer.Epoch >= _epochs.GetValueOrDefault(producer.ProducerId, (short)-1), "A marker with an old epoch.");
        _epochs[producer.ProducerId] = producer.Epoch;
        _registered.Remove(producer.ProducerId);
        if (_open.Remove(producer.ProducerId, out int first))
        {
            foreach (int transaction in _log.Skip(first)
                .Where(x => x.Marker is null && x.Producer.ProducerId == producer.ProducerId)
                .Select(static x => x.Transaction))
            {
                Assert.True(
                    _outcomes.TryAdd(transaction, commit) || _outcomes[transaction] == commit,
                    $"Transaction {transaction} has two outcomes in one partition.");
            }
        }

        _log.Add((producer, 0, commit));
    }

    public bool? Outcome(int transaction) => _outcomes.TryGetValue(transaction, out bool commit) ? commit : null;

    public void CheckStableOffset()
    {
        int stable = _open.Count == 0 ? _log.Count : _open.Values.Min();
        Assert.True(stable >= _stable, $"The last stable offset went back from {_stable} to {stable}.");
        _stable = stable;
    }

    public void CheckEverythingDecided()
    {
        CheckStableOffset();
        Assert.Equal(_log.Count, _stable);
        Assert.All(_log.Where(static x => x.Marker is null), x => Assert.NotNull(Outcome(x.Transaction)));
    }
}
