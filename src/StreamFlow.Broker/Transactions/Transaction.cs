using StreamFlow.Broker.Protocol;

namespace StreamFlow.Broker.Transactions;

/// <summary>
/// One transactional id as a pure state machine: requests and the time go in, effects come out. A change counts once it
/// is stored: until <see cref="Persisted"/> every other request is answered with CONCURRENT_TRANSACTIONS, and so it is
/// while markers are being written. Not thread-safe.
/// </summary>
internal sealed partial class Transaction
{
    /// <summary>
    /// Epochs at or above this are not handed out: the next producer gets a new id, and one epoch is left to fence with.
    /// </summary>
    public const short ExhaustedEpoch = short.MaxValue - 1;

    private readonly List<TransactionEffect> _effects = [];
    private TransactionSnapshot _current;
    private Change? _pending;
    private InitRequest? _waitingInit;
    private long _waitingEnd = NoRequest;
    private long _deadline = long.MaxValue;

    private const long NoRequest = -1;

    /// <summary>An id nobody used before.</summary>
    public Transaction()
        : this(new TransactionSnapshot())
    {
    }

    private Transaction(TransactionSnapshot current) => _current = current;

    /// <summary>What is durable.</summary>
    public TransactionSnapshot Current => _current;

    public TransactionState State => _current.State;

    /// <summary>
    /// Whether <see cref="InitProducer"/> could need a producer id never used before; one it does not need is wasted.
    /// </summary>
    public bool MayNeedProducerId =>
        _current.Producer.ProducerId < 0 || _current.Producer.Epoch >= ExhaustedEpoch - 1;

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

    /// <summary>Adds partitions to the transaction, beginning it with the first.</summary>
    public void AddPartitions(
        ProducerIdentity producer, IReadOnlyList<TransactionPartition> partitions, long request, ClockReading now)
    {
        ErrorCode error = CheckProducer(producer);
        if (error != ErrorCode.None)
        {
            Reply(request, error);
            return;
        }

        List<TransactionPartition> added = [.. partitions.Distinct().Where(x => !_current.Partitions.Contains(x))];
        if (added.Count == 0 && State == TransactionState.Ongoing)
        {
            Reply(request, ErrorCode.None);
            return;
        }

        TransactionSnapshot next = Stamp(TransactionEvent.PartitionsAdded, now) with
        {
            Partitions = [.. _current.Partitions, .. added],
            MustAbort = State == TransactionState.Ongoing && _current.MustAbort,
            StartMs = State == TransactionState.Ongoing ? _current.StartMs : now.UnixMs,
        };
        Persist(new Change(next, request, added));
    }

    /// <summary>Commits or aborts; answered when every partition has its marker.</summary>
    public void End(ProducerIdentity producer, bool commit, long request, ClockReading now)
    {
        ErrorCode error = CheckIdentity(producer);
        if (error == ErrorCode.None && _pending is null && State == TransactionState.Ongoing)
        {
            if (commit && _current.MustAbort)
            {
                // Of the errors that clients know, the one after which all of them abort and go on, or begin anew.
                Reply(request, ErrorCode.InvalidProducerIdMapping);
                return;
            }

            _waitingEnd = request;
            TransactionEvent decision = commit ? TransactionEvent.CommitDecided : TransactionEvent.AbortDecided;
            Persist(new Change(Stamp(decision, now), NoRequest, []));
            return;
        }

        Reply(request, error != ErrorCode.None ? error : EndAgain(commit));
    }

    /// <summary>Whether the caller is the producer of this id and may change its transaction now.</summary>
    public ErrorCode CheckProducer(ProducerIdentity producer)
    {
        ErrorCode error = CheckIdentity(producer);
        return error != ErrorCode.None ? error
            : _pending is not null || State.IsPrepared() ? ErrorCode.ConcurrentTransactions
            : ErrorCode.None;
    }

    /// <summary>
    /// Whether offsets may be committed as part of the transaction, which must include their partition. That more
    /// partitions are joining it is no obstacle: clients send both at once, and one that is refused waits long before it
    /// asks again. Its end is, for what it commits must be durable before.
    /// </summary>
    public ErrorCode CheckOffsetCommit(ProducerIdentity producer, TransactionPartition offsets)
    {
        ErrorCode error = CheckIdentity(producer);
        bool isIncluded = State == TransactionState.Ongoing && _current.Partitions.Contains(offsets);
        bool isGrowing = _pending is { Snapshot.State: TransactionState.Ongoing };
        return error != ErrorCode.None ? error
            : isIncluded && (_pending is null || isGrowing) ? ErrorCode.None
            : _pending is not null || State.IsPrepared() ? ErrorCode.ConcurrentTransactions
            : ErrorCode.InvalidTxnState;
    }

    /// <summary>Aborts the transaction if its time is over. The producer that began it is fenced.</summary>
    public void Tick(ClockReading now)
    {
        if (State == TransactionState.Ongoing && _pending is null && now.MonotonicMs >= _deadline)
        {
            FenceAndAbort(now);
        }
    }

    /// <summary>Removes the id if it was not used for long; it is Dead then.</summary>
    public void Expire(long expirationMs, ClockReading now)
    {
        bool isUnused = State.IsIdle() && _pending is null && now.UnixMs - _current.LastUpdateMs >= expirationMs;
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
                _effects.Add(new RegisterPartitions(_current.Producer, change.Added));
                _deadline = begins ? now.MonotonicMs + _current.TimeoutMs : _deadline;
                Reply(change.Request, ErrorCode.None);
                break;
            case TransactionState.PrepareCommit or TransactionState.PrepareAbort:
                AskForMarkers();
                break;
            case TransactionState.Empty:
                Reply(change.Request, ErrorCode.None);
                break;
            default:
                Completed(now);
                break;
        }
    }

    /// <summary>What was to be stored could not be, and nothing is stored: all is as before.</summary>
    public void Refused(ErrorCode error)
    {
        Change change = _pending!;
        _pending = null;
        AnswerWaiting(error);
        if (change.Request != NoRequest)
        {
            Reply(change.Request, error);
        }
    }

    /// <summary>Every partition of the transaction has its marker, or is gone.</summary>
    public void MarkersWritten(ClockReading now) => Persist(new Change(
        Stamp(TransactionEvent.MarkersWritten, now) with { Partitions = [], MustAbort = false, StartMs = -1 }, NoRequest, []));

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
        producer.ProducerId < 0 || producer.ProducerId != _current.Producer.ProducerId || State == TransactionState.Dead
            ? ErrorCode.InvalidProducerIdMapping
            : producer.Epoch != _current.Producer.Epoch ? ErrorCode.ProducerFenced : ErrorCode.None;

    /// <summary>The answer to an end that finds no open transaction: perhaps a repetition of the one that ended it.</summary>
    private ErrorCode EndAgain(bool commit) => (State, commit) switch
    {
        _ when _pending is not null => ErrorCode.ConcurrentTransactions,
        (TransactionState.CompleteCommit, true) or (TransactionState.CompleteAbort, false) => ErrorCode.None,
        (TransactionState.PrepareCommit, true) or (TransactionState.PrepareAbort, false) =>
            ErrorCode.ConcurrentTransactions,
        _ => ErrorCode.InvalidTxnState,
    };

    private void FenceAndAbort(ClockReading now)
    {
        ProducerIdentity fenced = _current.Producer with { Epoch = (short)(_current.Producer.Epoch + 1) };
        TransactionSnapshot next = Stamp(TransactionEvent.AbortDecided, now) with
        {
            Producer = fenced,
            Previous = ProducerIdentity.None,
        };
        Persist(new Change(next, NoRequest, []));
    }

    private void AskForMarkers() => _effects.Add(new WriteMarkers(
        _current.Producer, State == TransactionState.PrepareCommit, _current.Partitions));

    private void Completed(ClockReading now)
    {
        long end = _waitingEnd;
        _waitingEnd = NoRequest;
        if (end != NoRequest)
        {
            Reply(end, ErrorCode.None);
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
            Reply(_waitingEnd, error);
            _waitingEnd = NoRequest;
        }

        if (_waitingInit is InitRequest init)
        {
            Reply(init.Request, error);
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
        _effects.Add(new PersistTransaction(change.Snapshot));
    }

    private void Reply(long request, ErrorCode error) => _effects.Add(new TransactionReply(
        request, error, error == ErrorCode.None ? _current.Producer : ProducerIdentity.None));

    /// <summary>A state on its way to the log, and the request that it answers.</summary>
    private sealed record Change(
        TransactionSnapshot Snapshot, long Request, IReadOnlyList<TransactionPartition> Added);
}
