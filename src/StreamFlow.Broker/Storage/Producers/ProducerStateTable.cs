
namespace StreamFlow.Broker.Storage;

/// <summary>
/// The producers of one partition: sequences for idempotence, open transactions for the last stable offset, aborted
/// transactions for read committed. Changed under the partition lock only; aborted entries are read without it.
/// </summary>
internal sealed class ProducerStateTable
{
    private readonly Dictionary<long, ProducerState> _producers = [];
    private readonly SortedSet<long> _openTransactions = [];
    private readonly Dictionary<long, Registration> _registered = [];
    private PublishedList<AbortedTransaction> _aborted = new();

    public IReadOnlyCollection<ProducerState> Producers => _producers.Values;

    /// <summary>The first record of the oldest open transaction, or <see cref="long.MaxValue"/>.</summary>
    public long FirstOpenOffset { get; private set; } = long.MaxValue;

    public ReadOnlySpan<AbortedTransaction> Aborted => Volatile.Read(ref _aborted).Published;

    /// <summary>
    /// The end of what is decided. An open transaction may have begun in what was deleted since; what is left of it begins
    /// with the log.
    /// </summary>
    public long StableOffset(long logStartOffset, long highWatermark) =>
        Math.Max(logStartOffset, Math.Min(highWatermark, FirstOpenOffset));

    public bool TryGet(long producerId, out ProducerState? state) => _producers.TryGetValue(producerId, out state);

    /// <summary>
    /// Says that the transaction coordinator counts this partition to a transaction of the producer. Until
    /// its marker, transactional batches of that producer and epoch are accepted; a late one is not, so that it
    /// cannot open a transaction nobody will end.
    /// </summary>
    /// <param name="producerId">Whose transaction it is.</param>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="startsAtZero">
    /// Whether the transaction has the epoch for itself, so that its first batch here has the sequence 0. Another one says
    /// that batches before it, which the producer takes for stored, were lost.
    /// </param>
    public void RegisterTransaction(long producerId, short epoch, bool startsAtZero) =>
        _registered[producerId] = new Registration(epoch, startsAtZero);

    /// <summary>
    /// Whether transactional batches of this producer and epoch are accepted: the transaction includes the partition.
    /// </summary>
    public bool IsRegistered(long producerId, short epoch) =>
        _registered.TryGetValue(producerId, out var registered) && registered.Epoch == epoch;

    /// <summary>Whether a marker that an administrator asks for may be appended (Kafka's rules, KIP-664).</summary>
    public ErrorCode CheckForeignMarker(in BatchHeader header, AppendOrigin origin, int coordinatorEpoch)
    {
        if (!_producers.TryGetValue(header.ProducerId, out var state))
        {
            return ErrorCode.None;
        }

        bool mustRaise = origin == AppendOrigin.ForeignMarkerOfVersion2 && state.OpenTransactionFirstOffset >= 0;
        return header.ProducerEpoch < state.Epoch || (mustRaise && header.ProducerEpoch == state.Epoch)
            ? ErrorCode.InvalidProducerEpoch
            : coordinatorEpoch < state.CoordinatorEpoch ? ErrorCode.TransactionCoordinatorFenced
            : ErrorCode.None;
    }

    /// <summary>Whether a batch may be appended; a duplicate comes with the batch it repeats, if remembered.</summary>
    public ErrorCode Check(in BatchHeader header, AppendOrigin origin, out ProducedBatch duplicate)
    {
        duplicate = ProducedBatch.None;
        if (header.ProducerId < 0)
        {
            return ErrorCode.None;
        }

        _producers.TryGetValue(header.ProducerId, out var state);
        if (origin != AppendOrigin.Client)
        {
            return state is not null && header.ProducerEpoch < state.Epoch ? ErrorCode.InvalidProducerEpoch
                : origin.IsMarker() || !header.IsTransactional || IsRegistered(header) ? ErrorCode.None
                : ErrorCode.InvalidTxnState;
        }

        var error = state is null ? CheckFirst(header) : state.Check(header, out duplicate);
        if (error != ErrorCode.None)
        {
            return error;
        }

        var isOpen = state is { OpenTransactionFirstOffset: >= 0 };
        var allowed = header.IsTransactional ? IsRegistered(header) : !isOpen;
        return allowed ? ErrorCode.None : ErrorCode.InvalidTxnState;
    }

    /// <summary>Takes an appended (or replayed) data batch into account.</summary>
    public void ApplyData(in BatchHeader header, long baseOffset, long nowMs)
    {
        if (header.ProducerId < 0)
        {
            return;
        }

        var state = GetOrAdd(header.ProducerId);
        if (header.ProducerEpoch > state.Epoch)
        {
            state.RaiseEpoch(header.ProducerEpoch);
        }

        if (header.BaseSequence >= 0)
        {
            var lastOffset = baseOffset + header.LastOffsetDelta;
            state.Remember(new ProducedBatch(header.BaseSequence, header.LastSequence, baseOffset, lastOffset));
        }

        state.LastUpdateMs = nowMs;
        state.LastTimestamp = header.MaxTimestamp;
        if (header.IsTransactional && state.OpenTransactionFirstOffset < 0)
        {
            state.OpenTransactionFirstOffset = baseOffset;
            Open(baseOffset);
        }
    }

    /// <summary>Takes a marker into account: ends the producer's open transaction, if it has one.</summary>
    public void ApplyMarker(in BatchHeader header, long offset, bool isCommit, int coordinatorEpoch, long nowMs)
    {
        var state = GetOrAdd(header.ProducerId);
        if (header.ProducerEpoch > state.Epoch)
        {
            state.RaiseEpoch(header.ProducerEpoch);
        }

        state.CoordinatorEpoch = coordinatorEpoch;
        state.LastUpdateMs = nowMs;
        state.LastTimestamp = header.MaxTimestamp;
        _registered.Remove(header.ProducerId);
        var firstOffset = state.OpenTransactionFirstOffset;
        if (firstOffset < 0)
        {
            return;
        }

        state.OpenTransactionFirstOffset = -1;
        _openTransactions.Remove(firstOffset);
        FirstOpenOffset = _openTransactions.Count == 0 ? long.MaxValue : _openTransactions.Min;
        if (!isCommit)
        {
            var stable = Math.Min(FirstOpenOffset, offset + 1);
            _aborted.Add(new AbortedTransaction(header.ProducerId, firstOffset, offset, stable));
        }
    }

    /// <summary>Forgets producers that neither wrote for a while nor have a transaction open.</summary>
    public int Expire(long nowMs, long retentionMs)
    {
        var expired = new List<long>();
        foreach (var (id, state) in _producers)
        {
            if (state.OpenTransactionFirstOffset < 0 && nowMs - state.LastUpdateMs >= retentionMs
                && !_registered.ContainsKey(id))
            {
                expired.Add(id);
            }
        }

        foreach (var id in expired)
        {
            _producers.Remove(id);
        }

        return expired.Count;
    }

    /// <summary>Forgets those that have been idle for longest and have no transaction open, up to a number.</summary>
    public int ForgetIdle(int most)
    {
        long[] idle =
        [
            .. _producers.Values.Where(state => state.OpenTransactionFirstOffset < 0 && !_registered.ContainsKey(state.ProducerId))
                .OrderBy(static state => state.LastUpdateMs).ThenBy(static state => state.LastDataOffset).Take(most).Select(static state => state.ProducerId),
        ];
        foreach (long id in idle)
        {
            _producers.Remove(id);
        }

        return idle.Length;
    }

    /// <summary>Drops aborted transactions that lie wholly below the log start.</summary>
    public void ForgetAbortedBelow(long logStartOffset) =>
        ReplaceAborted(static (entry, start) => entry.LastOffset >= start, logStartOffset);

    /// <summary>Drops aborted transactions whose markers compaction is about to remove.</summary>
    public void ForgetAborted(HashSet<long> markerOffsets) =>
        ReplaceAborted(static (entry, markers) => !markers.Contains(entry.LastOffset), markerOffsets);

    public void Restore(ProducerState state)
    {
        _producers[state.ProducerId] = state;
        if (state.OpenTransactionFirstOffset >= 0)
        {
            Open(state.OpenTransactionFirstOffset);
        }
    }

    public void RestoreAborted(in AbortedTransaction aborted) => _aborted.Add(aborted);

    private void ReplaceAborted<TArgument>(Func<AbortedTransaction, TArgument, bool> keep, TArgument argument)
    {
        var kept = new PublishedList<AbortedTransaction>();
        foreach (ref readonly var entry in _aborted.Published)
        {
            if (keep(entry, argument))
            {
                kept.Add(entry);
            }
        }

        if (kept.Count != _aborted.Count)
        {
            Volatile.Write(ref _aborted, kept);
        }
    }

    private bool IsRegistered(in BatchHeader header) => IsRegistered(header.ProducerId, header.ProducerEpoch);

    private void Open(long firstOffset)
    {
        _openTransactions.Add(firstOffset);
        FirstOpenOffset = Math.Min(FirstOpenOffset, firstOffset);
    }

    private ProducerState GetOrAdd(long producerId)
    {
        if (!_producers.TryGetValue(producerId, out var state))
        {
            state = new ProducerState(producerId);
            _producers.Add(producerId, state);
        }

        return state;
    }

    /// <summary>The first batch of a producer nothing is remembered of: it may have written before, and been forgotten.</summary>
    private ErrorCode CheckFirst(in BatchHeader header) =>
        header is { IsTransactional: true, BaseSequence: not 0 }
        && _registered.TryGetValue(header.ProducerId, out var registered) && registered.StartsAtZero
            ? ErrorCode.OutOfOrderSequenceNumber
            : ErrorCode.None;

    private readonly record struct Registration(short Epoch, bool StartsAtZero);
}
