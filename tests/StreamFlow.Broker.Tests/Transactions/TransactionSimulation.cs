using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>
/// Random producers against the state machines and a model of the partitions, on virtual time. Every effect is carried out
/// in small steps between which anything else may happen, a crash of the broker included.
/// </summary>
/// <param name="seed">Decides everything.</param>
/// <param name="bumpsEpochs">
/// False takes from version 2 what it is for: its producers then end their transactions as classic ones do.
/// </param>
internal sealed class TransactionSimulation(int seed, bool bumpsEpochs = true)
{
    private const int Ids = 2;
    private const int PartitionCount = 3;
    private const int TimeoutMs = 500;

    private readonly Random _random = new(seed);
    private readonly Dictionary<int, TransactionSnapshot> _stored = [];
    private readonly ModelPartition[] _partitions = [.. Enumerable.Range(0, PartitionCount).Select(_ => new ModelPartition())];
    private readonly Dictionary<int, Transaction> _live = [];
    private readonly Dictionary<int, Queue<Action>> _work = [];
    private readonly Dictionary<long, SimulatedProducer> _waiting = [];
    private readonly List<SimulatedProducer> _producers = [];
    private readonly HashSet<ProducerIdentity> _handedOut = [];
    private readonly List<Action> _delayed = [];
    private long _nowMs;
    private long _lastRequest;
    private long _nextProducerId = 1;
    private int _lastTransaction;

    public int Crashes { get; private set; }

    public int Committed { get; private set; }

    public int Aborted { get; private set; }

    /// <summary>Batches that arrived when their transaction was over.</summary>
    public int Late { get; private set; }

    private ClockReading Now => new(_nowMs, 1_700_000_000_000 + _nowMs);

    public void Run(int steps)
    {
        Restart();
        for (int i = 0; i < steps; i++)
        {
            Step();
            Check();
        }

        Drain();
    }

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 52:
                Work();
                break;
            case < 55 when _delayed.Count > 0:
                ArriveLate();
                break;
            case < 90:
                Act(Pick());
                break;
            case < 99:
                Advance(_random.Next(TimeoutMs / 10));
                break;
            default:
                Crash();
                break;
        }
    }

    private SimulatedProducer Pick()
    {
        if (_producers.Count < Ids || _random.Next(80) == 0)
        {
            TransactionVersion version = _random.Next(3) == 0 ? TransactionVersion.V0 : TransactionVersion.V2;
            _producers.Add(new SimulatedProducer(_producers.Count % Ids, version));
        }

        return _producers[_random.Next(Math.Max(0, _producers.Count - 4), _producers.Count)];
    }

    private void Act(SimulatedProducer producer)
    {
        if (producer.IsGone)
        {
            // A zombie's batch that was under way for long.
            Produce(producer);
            return;
        }

        if (producer.IsWaiting)
        {
            return;
        }

        if (producer.Identity == ProducerIdentity.None || producer.MustInitialise)
        {
            Submit(producer, (transaction, request) => transaction.InitProducer(
                producer.Identity, TimeoutMs, transaction.MayNeedProducerId ? _nextProducerId++ : -1, request, Now));
        }
        else if (producer.Ending is bool commit)
        {
            TransactionVersion version = bumpsEpochs ? producer.Version : TransactionVersion.V0;
            Submit(producer, (transaction, request) => transaction.End(
                new EndCommand(producer.Identity, commit, version, -1), request, Now));
        }
        else
        {
            ActInTransaction(producer);
        }
    }

    private void ActInTransaction(SimulatedProducer producer)
    {
        int choice = _random.Next(100);
        if (choice < 30 || producer.Transaction == 0)
        {
            producer.Transaction = producer.Transaction == 0 ? ++_lastTransaction : producer.Transaction;
            producer.Adding = _random.Next(PartitionCount);
            Submit(producer, (transaction, request) => transaction.AddPartitions(
                producer.Identity, [new TransactionPartition("p", producer.Adding.Value)], producer.Version, request, Now));
        }
        else if (choice < 75)
        {
            Produce(producer);
        }
        else if (choice < 97)
        {
            producer.Ending = _random.Next(3) > 0;
        }
        else
        {
            producer.MustInitialise = true;
        }
    }

    private void Produce(SimulatedProducer producer)
    {
        if (producer.Transaction == 0 || producer.Added.Count == 0)
        {
            return;
        }

        int partition = producer.Added.ElementAt(_random.Next(producer.Added.Count));
        if (producer.Version >= TransactionVersion.V2 && _random.Next(8) == 0)
        {
            // It stays under way; its producer gives it up and goes on.
            (ProducerIdentity identity, int transaction) = (producer.Identity, producer.Transaction);
            _delayed.Add(() =>
            {
                Late += _partitions[partition].Outcome(transaction) is null ? 0 : 1;
                _partitions[partition].TryAppend(identity, transaction);
            });
            return;
        }

        if (!_partitions[partition].TryAppend(producer.Identity, producer.Transaction) && !producer.IsGone)
        {
            producer.Ending = false;
        }
    }

    private void ArriveLate()
    {
        int index = _random.Next(_delayed.Count);
        _delayed[index]();
        _delayed.RemoveAt(index);
    }

    private void Submit(SimulatedProducer producer, Action<Transaction, long> command)
    {
        if (!_live.TryGetValue(producer.Id, out Transaction? transaction))
        {
            _live.Add(producer.Id, transaction = new Transaction());
        }

        long request = ++_lastRequest;
        producer.IsWaiting = true;
        _waiting.Add(request, producer);
        command(transaction, request);
        Queue(producer.Id, transaction.TakeEffects());
    }

    private void Queue(int id, TransactionEffect[] effects)
    {
        Transaction transaction = _live[id];
        if (!_work.TryGetValue(id, out Queue<Action>? work))
        {
            _work.Add(id, work = new Queue<Action>());
        }

        foreach (TransactionEffect effect in effects)
        {
            switch (effect)
            {
                case PersistTransaction persist:
                    work.Enqueue(() => _stored[id] = persist.Snapshot);
                    work.Enqueue(() => Then(id, () => transaction.Persisted(Now)));
                    break;
                case WriteMarkers markers:
                    foreach (TransactionPartition partition in markers.Partitions)
                    {
                        work.Enqueue(() => _partitions[partition.Partition].End(markers.Producer, markers.Commit));
                    }

                    work.Enqueue(() => Then(id, () => transaction.MarkersWritten(areDurable: false, Now)));
                    break;
                case RegisterPartitions register:
                    work.Enqueue(() => Register(register.Producer, register.Partitions));
                    break;
                case TransactionReply reply:
                    work.Enqueue(() => Deliver(reply));
                    break;
            }
        }
    }

    private void Then(int id, Action step)
    {
        step();
        Queue(id, _live[id].TakeEffects());
    }

    private void Register(ProducerIdentity producer, IReadOnlyList<TransactionPartition> partitions)
    {
        foreach (TransactionPartition partition in partitions)
        {
            _partitions[partition.Partition].Register(producer);
        }
    }

    private void Work()
    {
        Queue<Action>[] busy = [.. _work.Values.Where(static x => x.Count > 0)];
        if (busy.Length > 0)
        {
            busy[_random.Next(busy.Length)].Dequeue()();
        }
    }

    private void Deliver(TransactionReply reply)
    {
        Assert.True(_waiting.Remove(reply.Request, out SimulatedProducer? producer), "A request was answered twice.");
        producer.IsWaiting = false;
        if (reply.Error == ErrorCode.ConcurrentTransactions)
        {
            return;
        }

        if (reply.Error != ErrorCode.None)
        {
            producer.IsGone = true;
            return;
        }

        if (producer.Identity == ProducerIdentity.None || producer.MustInitialise)
        {
            Assert.True(_handedOut.Add(reply.Producer), $"{reply.Producer} was handed out twice.");
            producer.Begin(reply.Producer);
        }
        else if (producer.Ending is bool commit)
        {
            Assert.True(
                _partitions.All(x => x.Outcome(producer.Transaction) is null || x.Outcome(producer.Transaction) == commit),
                $"Transaction {producer.Transaction} was answered before its outcome was to be seen.");
            _ = commit ? Committed++ : Aborted++;
            bool isNext = bumpsEpochs && producer.Version >= TransactionVersion.V2;
            Assert.Equal(isNext ? producer.Identity.Next() : producer.Identity, reply.Producer);
            Assert.True(!isNext || _handedOut.Add(reply.Producer), $"{reply.Producer} was handed out twice.");
            producer.Begin(reply.Producer);
        }
        else
        {
            producer.Added.Add(producer.Adding!.Value);
        }
    }

    private void Advance(long byMs)
    {
        _nowMs += byMs;
        foreach ((int id, Transaction transaction) in _live)
        {
            transaction.Tick(Now);
            Queue(id, transaction.TakeEffects());
        }
    }

    private void Crash()
    {
        Crashes++;
        foreach (SimulatedProducer producer in _waiting.Values)
        {
            producer.IsWaiting = false;

            // Its answer is lost, and with it what it became: as a client that does not know, it starts afresh.
            if (producer.Identity == ProducerIdentity.None || producer.MustInitialise)
            {
                producer.IsGone = _random.Next(2) == 0;
            }
        }

        _waiting.Clear();
        Restart();
    }

    private void Restart()
    {
        _live.Clear();
        _work.Clear();
        foreach (ModelPartition partition in _partitions)
        {
            partition.Restart();
        }

        foreach ((int id, TransactionSnapshot stored) in _stored)
        {
            if (stored.State == TransactionState.Ongoing)
            {
                Register(stored.Producer, stored.Partitions);
            }

            Transaction transaction = Transaction.Restore(stored, Now);
            _live.Add(id, transaction);
            Queue(id, transaction.TakeEffects());
        }
    }

    private void Check()
    {
        foreach (ModelPartition partition in _partitions)
        {
            partition.CheckStableOffset();
        }

        foreach (IGrouping<int, SimulatedProducer> ofId in _producers.GroupBy(static x => x.Id))
        {
            int active = ofId.Where(x => x.Identity != ProducerIdentity.None)
                .Select(static x => x.Identity).Distinct()
                .Count(x => _live.TryGetValue(ofId.Key, out Transaction? live) && live.Current.Producer == x);
            Assert.True(active <= 1, $"{active} producers of one id are active.");
        }

        for (int transaction = 1; transaction <= _lastTransaction; transaction++)
        {
            bool[] outcomes = [.. _partitions.Select(x => x.Outcome(transaction)).OfType<bool>().Distinct()];
            Assert.True(outcomes.Length <= 1, $"Transaction {transaction} is committed here and aborted there.");
        }
    }

    private void Drain()
    {
        for (int i = 0; i < 4; i++)
        {
            while (_work.Values.Any(static x => x.Count > 0))
            {
                Work();
                Check();
            }

            Advance(2 * TimeoutMs);
        }

        Assert.Empty(_waiting);
        Assert.All(_partitions, static x => x.CheckEverythingDecided());
    }
}
