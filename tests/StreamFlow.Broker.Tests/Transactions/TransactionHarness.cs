using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>One transaction with a clock; nothing is stored or written before the test says so.</summary>
internal sealed class TransactionHarness
{
    public const int TimeoutMs = 60_000;
    public static readonly TransactionPartition A = new("a", 0);
    public static readonly TransactionPartition B = new("b", 1);

    private long _lastRequest;
    private long _nextProducerId = 100;

    public Transaction Transaction { get; private set; } = new();

    public long NowMs { get; set; } = 1_000;

    public List<TransactionEffect> Effects { get; } = [];

    public ClockReading Now => new(NowMs, 1_700_000_000_000 + NowMs);

    public TransactionState State => Transaction.State;

    public ProducerIdentity Producer => Transaction.Current.Producer;

    public void Restart()
    {
        Transaction = Transaction.Restore(Transaction.Current, Now);
        Effects.Clear();
        Take();
    }

    public void Restart(TransactionSnapshot stored)
    {
        Transaction = Transaction.Restore(stored, Now);
        Take();
    }

    /// <summary>Each request returns its number; <see cref="Reply"/> says what came of it.</summary>
    public long Init(ProducerIdentity? expected = null, int timeoutMs = TimeoutMs) => Do(request =>
        Transaction.InitProducer(
            expected ?? ProducerIdentity.None, timeoutMs, Transaction.MayNeedProducerId ? _nextProducerId++ : -1, request, Now));

    /// <summary>The protocol that <see cref="Add"/> and <see cref="End"/> speak.</summary>
    public TransactionVersion Version { get; set; }

    public long Add(ProducerIdentity producer, params TransactionPartition[] partitions) => Do(request =>
        Transaction.AddPartitions(producer, partitions, Version, request, Now));

    public long End(ProducerIdentity producer, bool commit) => Do(request => Transaction.End(
        new EndCommand(producer, commit, Version, Transaction.MayNeedProducerId ? _nextProducerId++ : -1), request, Now));

    public void Tick(long afterMs = 0)
    {
        NowMs += afterMs;
        Transaction.Tick(Now);
        Take();
    }

    public TransactionReply? Reply(long request) =>
        Effects.OfType<TransactionReply>().SingleOrDefault(x => x.Request == request);

    public ErrorCode? Error(long request) => Reply(request)?.Error;

    /// <summary>Takes the one effect of its kind that must be there.</summary>
    public T Only<T>()
        where T : TransactionEffect
    {
        T effect = Assert.Single(Effects.OfType<T>());
        Effects.Remove(effect);
        return effect;
    }

    public void Stored()
    {
        Only<PersistTransaction>();
        Transaction.Persisted(Now);
        Take();
    }

    public WriteMarkers Marked()
    {
        WriteMarkers markers = Only<WriteMarkers>();
        Transaction.MarkersWritten(areDurable: Version < TransactionVersion.V2, Now);
        Take();
        return markers;
    }

    /// <summary>Stores and writes whatever is asked for until nothing is.</summary>
    public void Settle()
    {
        while (true)
        {
            if (Effects.OfType<PersistTransaction>().Any())
            {
                Stored();
            }
            else if (Effects.OfType<WriteMarkers>().Any())
            {
                Marked();
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>Initialises a producer and returns it.</summary>
    public ProducerIdentity Initialised()
    {
        long request = Init();
        Settle();
        Assert.Equal(ErrorCode.None, Error(request));
        return Reply(request)!.Producer;
    }

    /// <summary>A producer with an open transaction on both partitions.</summary>
    public ProducerIdentity Begun()
    {
        ProducerIdentity producer = Initialised();
        Add(producer, A, B);
        Settle();
        Assert.Equal(TransactionState.Ongoing, State);
        return producer;
    }

    public void Take() => Effects.AddRange(Transaction.TakeEffects());

    private long Do(Action<long> act)
    {
        long request = ++_lastRequest;
        act(request);
        Take();
        return request;
    }
}
