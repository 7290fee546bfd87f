using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Groups;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// One data directory through many power cuts, under clients that outlive them, with a model of everything that is
/// promised whatever the flush policy, and of what is promised where each append is fsynced.
/// </summary>
internal sealed class PowerCutLife : IDisposable
{
    private const int ClientCount = 4;
    private readonly Random _random;
    private readonly CutBroker _broker = new();
    private readonly List<CutProducer> _producers = [];
    private readonly PlainClients _plain;
    private Dictionary<Guid, int> _epochs = [];

    public PowerCutLife(int seed)
    {
        _random = new Random(seed);
        _plain = new PlainClients(_broker, _random);
        foreach (string topic in (string[])["ta", "tb"])
        {
            Assert.True(_broker.Store.CreateTopic(topic, 1, Small()).IsSuccess);
        }

        for (int i = 0; i < ClientCount; i++)
        {
            _producers.Add(new CutProducer($"tx{i}", i % 2 == 0 ? TransactionVersion.V0 : TransactionVersion.V2, _random) { Settle = (_, transaction) => Settle(transaction) });
        }
    }

    public int Cuts { get; private set; }

    public int OrderlyStops { get; private set; }

    public int Acknowledged => _plain.Acknowledged;

    public int Transactions => _producers.Sum(static x => x.Transactions.Count(
        static y => y.Outcome is Outcome.Committed or Outcome.Aborted));

    public static Dictionary<string, string> Small() => new() { [TopicConfigs.SegmentBytesName] = "4096" };

    /// <summary>Cuts the power so often, each time so many operations after the start, and looks at what is left.</summary>
    public async Task RunAsync(int cuts, Func<int, int> operations)
    {
        _broker.CutBefore(operations(0), _random);
        Remember();
        while (Cuts < cuts)
        {
            await StepAsync();
            bool isStopping = !_broker.Disk.IsCut && _random.Next(150) == 0;
            if (isStopping)
            {
                bool wasOrderly = _broker.Restart(operations(Cuts), _random);
                OrderlyStops += wasOrderly ? 1 : 0;
                Cuts += wasOrderly ? 0 : 1;
            }
            else if (!_broker.Disk.IsCut)
            {
                continue;
            }

            // A start that is cut itself counts for nothing: what it did is on no disk.
            while (_broker.Disk.IsCut)
            {
                Cuts++;
                _broker.StartAfterCut(operations(Cuts), _random);
            }

            // A stop that is cut at its very end was orderly all the same.
            bool isUnclean = _broker.Store.AfterUncleanStop;
            Assert.True(isUnclean || isStopping, "A cut was taken for an orderly stop.");
            await VerifyAsync(isUnclean);
        }

        await FinishAsync();
    }

    public void Dispose() => _broker.Dispose();

    private async Task StepAsync()
    {
        switch (_random.Next(100))
        {
            case < 55:
                await _producers[_random.Next(ClientCount)].StepAsync(_broker, finishing: false);
                break;
            case < 97:
                await _plain.StepAsync();
                break;
            default:
                _broker.Time.Advance(TimeSpan.FromSeconds(_random.Next(1, 40)));
                break;
        }
    }

    /// <summary>Everybody ends what is open; after that nothing may hide anything.</summary>
    private async Task FinishAsync()
    {
        if (_broker.Disk.IsCut)
        {
            _broker.StartAfterCut(int.MaxValue / 2, _random);
        }
        else
        {
            _broker.CutBefore(int.MaxValue / 2, _random);
        }

        for (int i = 0; i < 2_000 && _producers.Any(static x => !x.IsIdle); i++)
        {
            foreach (CutProducer producer in _producers)
            {
                await producer.StepAsync(_broker, finishing: true);
            }

            await Task.Yield();
        }

        Assert.All(_producers, static x => Assert.True(x.IsIdle, $"{x.Id} cannot end its transaction."));

        // A classic abort is not flushed: the last cut may have taken it back, and then it is the time-out that ends the transaction.
        _broker.Time.Advance(CutProducer.Timeout + TimeSpan.FromSeconds(2));
        await Support.Eventually.TrueAsync(
            () => _broker.Transactions.List().All(static x => x.Value.State is not TransactionState.Ongoing && !x.Value.State.IsPrepared()), "nobody's transaction is open for ever");
        await VerifyAsync(afterCut: false);
        Assert.All((string[])["ta", "tb", "__consumer_offsets"], topic => Assert.True(
            _broker.Log(topic).HighWatermark == _broker.Log(topic).LastStableOffset, $"{topic} hides what is behind {WhoIsOpen(topic)}"));
    }

    private string WhoIsOpen(string topic) => string.Join("; ", _broker.Log(topic).DescribeProducers()
        .Where(static x => x.OpenTransactionFirstOffset >= 0)
        .Select(x => $"{x}, of {string.Join(", ", _broker.Transactions.List().Where(y => y.Value.Producer.ProducerId == x.ProducerId))}"));

    private async Task VerifyAsync(bool afterCut)
    {
        await Support.Eventually.TrueAsync(
            () => _broker.Transactions.List().All(static x => !x.Value.State.IsPrepared()),
            "what was decided is carried out");
        foreach ((Guid id, int epoch) in _epochs)
        {
            if (_broker.Store.GetTopic(id) is { Name: var topic } found)
            {
                PartitionLog log = found.Partitions[0];
                Assert.True(
                    afterCut ? log.LeaderEpoch > epoch : log.LeaderEpoch == epoch,
                    $"{topic} had the leader epoch {epoch} and has {log.LeaderEpoch}.");
                Assert.False(log.IsOffline, $"{topic} is offline: {string.Join(' ', _broker.Warnings.TakeLast(3))}");
            }
        }

        VerifyTransactions();
        _plain.Verify(afterCut, _epochs[_broker.Store.GetTopic("os")!.Id]);
        Remember();
    }

    private void Remember() => _epochs = _broker.Store.Topics.ToDictionary(
        static topic => topic.Id, static topic => topic.Partitions[0].LeaderEpoch);

    private void VerifyTransactions()
    {
        Dictionary<string, Dictionary<string, int>> committed = Committed();
        foreach (CutProducer producer in _producers)
        {
            foreach (ClientTransaction transaction in producer.Transactions)
            {
                Verify(producer, transaction, committed);
            }

            if (producer.IsIdle)
            {
                long offset = Assert.Single(_broker.Groups.FetchOffsets(
                    producer.Id, [CutProducer.Input], requireStable: false).Offsets).Offset;
                long expected = producer.Transactions.LastOrDefault(
                    static x => x is { Outcome: Outcome.Committed, HasOffsets: true })?.Number ?? -1;
                Assert.True(expected == offset, $"{producer.Id} committed the offset {expected}; the group has {offset}.");
            }
        }
    }

    private static void Verify(
        CutProducer producer, ClientTransaction transaction, Dictionary<string, Dictionary<string, int>> committed)
    {
        int seen = 0, written = 0;
        foreach ((string topic, List<string> values) in transaction.Written)
        {
            written += values.Count;
            foreach (string value in values)
            {
                int count = committed[topic].GetValueOrDefault(value);
                Assert.True(count <= 1, $"{value} is committed {count} times in {topic}.");
                seen += count;
            }
        }

        string what = $"transaction {transaction.Number} of {producer.Id} is {transaction.Outcome}; {seen} of its {written}"
            + " records are committed";
        Assert.True(
            transaction.Outcome switch
            {
                Outcome.Committed => seen == written,
                Outcome.Committing => seen == written || seen == 0,
                _ => seen == 0,
            },
            what);
    }

    /// <summary>A client that committed, never heard of it, and was replaced: the log knows.</summary>
    private void Settle(ClientTransaction transaction)
    {
        Dictionary<string, Dictionary<string, int>> committed = Committed();
        bool isVisible = transaction.Written.Any(x => x.Value.Any(value => committed[x.Key].ContainsKey(value)));
        bool isEmpty = transaction.Written.Count == 0;
        transaction.Outcome = isVisible || isEmpty ? Outcome.Committed : Outcome.Aborted;
        transaction.HasOffsets &= !isEmpty;
    }

    private Dictionary<string, Dictionary<string, int>> Committed() => new()
    {
        ["ta"] = TransactionalLog.Committed(_broker.Log("ta")),
        ["tb"] = TransactionalLog.Committed(_broker.Log("tb")),
    };
}
