
namespace StreamFlow.Broker.Transactions;

/// <summary>
/// One transactional id as a pure state machine: requests and the time go in, effects come out. A change counts once it
/// is stored: until <see cref="Persisted"/> every other request is answered with CONCURRENT_TRANSACTIONS, but for
/// partitions that join while others do, which wait; and so it is while markers are being written. Not thread-safe.
/// </summary>
internal sealed partial class Transaction
{
    private const long NoRequest = -1;

    private readonly List<TransactionEffect> _effects = [];
    private TransactionSnapshot _current;
    private Change? _pending;
    private InitRequest? _waitingInit;
    private long _waitingEnd = NoRequest;
    private long _deadline = long.MaxValue;

    /// <summary>An id nobody used before.</summary>
    public Transaction()
        : this(new TransactionSnapshot())
    {
    }

    private Transaction(TransactionSnapshot current) => _current = current;

    /// <summary>To be held by whoever touches it; not while something is written.</summary>
    public OrderedLock Gate { get; } = new(LockRank.Transaction);

    /// <summary>What is durable.</summary>
    public TransactionSnapshot Current => _current;

    public TransactionState State => _current.State;

    /// <summary>
    /// Whether <see cref="InitProducer"/> or <see cref="End"/> could need a producer id never used before; one that is
    /// not needed is wasted.
    /// </summary>
    public bool MayNeedProducerId =>
        _current.Producer.ProducerId < 0 || _current.Producer.Epoch >= ProducerIdentity.ExhaustedEpoch - 1;

    /// <summary>Brings back a stored id. A prepared transaction asks for its markers at once.</summary>
    public static Transaction Restore(TransactionSnapshot stored, ClockReading now)
    {
        var transaction = new Transaction(stored);
        if (stored.State == TransactionState.Ongoing)
        {
            long age = Math.Clamp(now.UnixMs - stored.StartMs, 0, stored.TimeoutMs);
            transaction._deadline = now.MonotonicMs - age + stored.TimeoutMs;
        }
        else if (stored.State.IsPrepared())
        {
            transaction.AskForMarkers();
        }

        return transaction;
    }

    /// <summary>Whether the caller is the producer of this id and may change its transaction now.</summary>
    public ErrorCode CheckProducer(ProducerIdentity producer)
    {
        ErrorCode error = CheckIdentity(producer);
        return error != ErrorCode.None ? error
            : (_pending is not null && !IsGrowing) || State.IsPrepared() ? ErrorCode.ConcurrentTransactions
            : ErrorCode.None;
    }

    /// <summary>Aborts the transaction if its time is over. The producer that began it is fenced.</summary>
    public void Tick(ClockReading now)
    {
        if (State == TransactionState.Ongoing && _pending is null && now.MonotonicMs >= _deadline)
        {
            FenceAndAbort(now);
        }
    }

    /// <summary>
    /// Removes the id if it was not used for long; it is Dead then. One whose last markers may not be on the disk is
    /// kept until they are.
    /// </summary>
    public void Expire(long expirationMs, ClockReading now)
    {
        bool isUnused = State.IsIdle() && _pending is null && _current.Unfinished is null
            && now.UnixMs - _current.LastUpdateMs >= expirationMs;
        if (isUnused)
        {
            _current = Stamp(TransactionEvent.Expired, now);
            _effects.Add(new DeleteTransaction());
        }
    }

    /// <summary>What was to be stored is durable.</summary>
    public void Persisted(ClockReading now)
    {
        Change change = _pending!;
        bool begins = State != TransactionState.Ongoing;
        _pending = null;
        _current = change.Snapshot;
        switch (State)
        {
            case TransactionState.Ongoing:
                // The partitions must know before the producer, whose batches follow its answer at once.
                _effects.Add(new RegisterPartitions(_current.Producer, change.Added, _current.Version));
                _deadline = begins ? now.MonotonicMs + _current.TimeoutMs : _deadline;
                Reply(change.Requests, ErrorCode.None);
                AddWaiting(now);
                break;
            case TransactionState.PrepareCommit or TransactionState.PrepareAbort:
                AskForMarkers();
                break;
            case TransactionState.Empty:
                Reply(change.Requests, ErrorCode.None);
                break;
            default:
                Completed(now);
                break;
        }
    }

    /// <summary>What was to be stored could not be, and nothing is stored: all is as before.</summary>
    public void Refused(ErrorCode error, ClockReading now)
    {
        Change change = _pending!;
        _pending = null;
        AnswerWaiting(error);
        Reply(change.Requests, error);
        AddWaiting(now);
    }

    /// <summary>
    /// Every partition of the transaction has its marker, or is gone. <paramref name="areDurable"/> says whether the
    /// markers are known to be on the disk; those of an abort need not be.
    /// </summary>
    public void MarkersWritten(bool areDurable, ClockReading now)
    {
        UnfinishedCommit? unfinished = State != TransactionState.PrepareCommit ? _current.Unfinished
            : areDurable || _current.Partitions.Count == 0 ? null
            : new UnfinishedCommit(_current.Producer, _current.Partitions);
        Persist(new Change(
            Stamp(TransactionEvent.MarkersWritten, now) with
            {
                Producer = _current.Following,
                NextProducerId = -1,
                Partitions = [],
                Unfinished = unfinished,
            },
            [],
            []));
    }

    /// <summary>The markers of this commit are on the disk; the next record says so.</summary>
    public void MarkersFlushed(UnfinishedCommit commit)
    {
        if (ReferenceEquals(_current.Unfinished, commit))
        {
            _current = _current with { Unfinished = null };
        }
    }

    /// <summary>
    /// A partition could not take its marker. The outcome stays decided, and the markers are written at the next start,
    /// when that partition has been recovered.
    /// </summary>
    public void MarkersFailed() => AnswerWaiting(ErrorCode.ConcurrentTransactions);

    /// <summary>The effects since the last call, in order.</summary>
    public TransactionEffect[] TakeEffects()
    {
        TransactionEffect[] taken = [.. _effects];
        _effects.Clear();
        return taken;
    }

    private ErrorCode CheckIdentity(ProducerIdentity producer) =>
        !IsProducerId(producer) || producer.ProducerId != _current.Producer.ProducerId
            ? ErrorCode.InvalidProducerIdMapping
            : producer.Epoch != _current.Producer.Epoch || producer.OnlyFences ? ErrorCode.ProducerFenced : ErrorCode.None;

    private bool IsProducerId(ProducerIdentity producer) =>
        producer.ProducerId >= 0 && State != TransactionState.Dead;

    private void FenceAndAbort(ClockReading now)
    {
        TransactionSnapshot next = Stamp(TransactionEvent.AbortDecided, now) with
        {
            Producer = _current.Producer.Next(),
            Previous = ProducerIdentity.None,
            MustAbort = false,
        };
        Persist(new Change(next, [], []));
    }

    private void AskForMarkers() => _effects.Add(new WriteMarkers(
        _current.Producer, State == TransactionState.PrepareCommit, _current.Partitions, _current.Version));

    private void Completed(ClockReading now)
    {
        long end = _waitingEnd;
        _waitingEnd = NoRequest;
        if (end != NoRequest)
        {
            Reply([end], ErrorCode.None);
        }

        if (_waitingInit is InitRequest init)
        {
            _waitingInit = null;
            Initialise(init, now);
        }
    }

    private void AnswerWaiting(ErrorCode error)
    {
        if (_waitingEnd != NoRequest)
        {
            Reply([_waitingEnd], error);
            _waitingEnd = NoRequest;
        }

        if (_waitingInit is InitRequest init)
        {
            Reply([init.Request], error);
            _waitingInit = null;
        }
    }

    private TransactionSnapshot Stamp(TransactionEvent happened, ClockReading now) => _current with
    {
        State = TransactionStates.Next(State, happened),
        LastUpdateMs = now.UnixMs,
    };

    private void Persist(Change change)
    {
        _pending = change;
        _effects.Add(new PersistTransaction(change.Snapshot, change.MayBeLost));
    }

    private void Reply(IEnumerable<long> requests, ErrorCode error) => _effects.AddRange(requests.Select(
        request => new TransactionReply(
            request, error, error == ErrorCode.None ? _current.Producer : ProducerIdentity.None)));

    /// <summary>A state on its way to the log, and the requests that it answers.</summary>
    private sealed record Change(
        TransactionSnapshot Snapshot, IReadOnlyList<long> Requests, IReadOnlyList<TransactionPartition> Added, bool MayBeLost = false);
}
