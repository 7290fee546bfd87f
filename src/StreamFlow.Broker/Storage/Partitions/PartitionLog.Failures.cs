namespace StreamFlow.Broker.Storage;

/// <content>Care in the background, what becomes of a log that the disk fails, and its end.</content>
internal sealed partial class PartitionLog
{
    private volatile LogTrouble? _trouble;
    private int _countedProducers;

    /// <summary>Why the log takes no writes; null while it does.</summary>
    public LogTrouble? Trouble => _trouble;

    /// <summary>
    /// Whether an fsync may be asked for: also while writes are refused for want of room, since what was written before is
    /// whole then; never again after one has failed.
    /// </summary>
    internal bool MayFlush => State == LogState.Online || (State == LogState.ReadOnly && _trouble is { Kind: TroubleKind.Write });

    /// <summary>Whether a failed fsync has cost records since the log was opened.</summary>
    internal bool HasLost { get; private set; }

    /// <summary>One round of background care, <see cref="Care"/> and then <see cref="Compact"/>.</summary>
    /// <param name="retains">Whether it is time to look for what retention deletes.</param>
    public void Maintain(bool retains = true)
    {
        Care(retains);
        Compact();
    }

    /// <summary>Retention, expiry of producers, the checkpoint. While the log is being compacted that is left to who does it.</summary>
    /// <param name="retains">Whether it is time to look for what retention deletes.</param>
    public void Care(bool retains) => _cleaner.Care(retains);

    /// <summary>A round of compaction, where the log wants it and one is due.</summary>
    public void Compact() => _cleaner.Compact();

    /// <summary>Tries to take writes again; see <see cref="LogRepair"/>.</summary>
    /// <returns>Whether there is nothing more to try: it takes writes, or is closed.</returns>
    public bool TryRepair() => _cleaner.TryRepair();

    /// <summary>Refuses writes from here on: a client must not be told of a success the disk did not keep.</summary>
    internal void RefuseWrites(TroubleKind kind, Exception cause)
    {
        using (_gate.Enter())
        {
            if (!RefuseWritesLocked(kind, cause, wantedBytes: 0))
            {
                return;
            }
        }

        ReportTrouble();
    }

    /// <summary>A flush ended in something that nobody foresaw: what waits for it is told, and nothing is promised any more.</summary>
    internal void FlushFailed(Exception exception)
    {
        StorageLog.FlushFailed(_environment.Log, exception, LogDirectory);
        RefuseWrites(TroubleKind.Flush, exception);
        _durability.FailWaiting();
    }

    /// <summary>Takes writes again.</summary>
    /// <param name="segments">The segments, those that were written anew in the place of the old ones.</param>
    /// <param name="epochs">The leader epochs, raised if records may be gone.</param>
    /// <param name="producers">The producers of what is left; null when all is.</param>
    internal void Repaired(Segment[] segments, EpochStart[] epochs, ProducerStateTable? producers)
    {
        using (_gate.Enter())
        {
            if (State != LogState.ReadOnly)
            {
                return;
            }

            _segments = segments;
            HasLost |= producers is not null;
            Epochs = epochs;
            if (producers is not null)
            {
                Producers = producers;
                RecountProducers();
                var end = segments[^1].NextOffset;
                Volatile.Write(ref _lastStableOffset, Math.Min(_lastStableOffset, end));
                Volatile.Write(ref _highWatermark, Math.Min(_highWatermark, end));
                Volatile.Write(ref _flushedEndOffset, Math.Min(_flushedEndOffset, end));
                Volatile.Write(ref _logEndOffset, end);
            }

            _trouble = null;
            _state = (int)LogLifecycle.Next(State, LogEvent.Repaired);
            PublishLocked();
        }

        StorageLog.WritesAgain(_environment.Log, LogDirectory, _logEndOffset, LeaderEpoch);
        RaiseAdvanced();
    }

    /// <summary>The same under the gate; whether this is news.</summary>
    private bool RefuseWritesLocked(TroubleKind kind, Exception cause, int wantedBytes)
    {
        if (State is not (LogState.Online or LogState.ReadOnly))
        {
            return false;
        }

        // What is harder to mend stays, whatever else fails meanwhile.
        if (_trouble is null || _trouble.Kind < kind)
        {
            _trouble = new LogTrouble(kind, cause.Message, _environment.Time.GetUtcNow()) { WantedBytes = wantedBytes };
        }

        var isNew = State == LogState.Online;
        _state = (int)LogLifecycle.Next(State, LogEvent.StorageFailed);
        return isNew;
    }

    private void ReportTrouble()
    {
        StorageLog.WritesRefused(_environment.Log, LogDirectory, _trouble?.Reason ?? "it was closed meanwhile");
        _environment.OnTrouble?.Invoke(this);
        RaiseAdvanced();
    }

    /// <summary>Bytes of all segments.</summary>
    public long SizeInBytes
    {
        get
        {
            long size = 0;
            foreach (var segment in _segments)
            {
                size += segment.Size;
            }

            return size;
        }
    }

    /// <summary>Counts the producers that are remembered, after that has changed; under the gate.</summary>
    internal void RecountProducers()
    {
        if (!IsClosed && Producers.Producers.Count != _countedProducers)
        {
            _environment.Producers.Recount(Producers, ref _countedProducers);
        }
    }

    /// <summary>What recovery found decides how it begins.</summary>
    private void BeginWith(RecoveredLog recovered)
    {
        if (recovered.Damage is not null)
        {
            _state = (int)LogState.Offline;
            _trouble = new LogTrouble(TroubleKind.Damage, recovered.Damage, _environment.Time.GetUtcNow());
        }
        else if (recovered.Trouble is not null)
        {
            _state = (int)LogState.ReadOnly;
            _trouble = recovered.Trouble;
        }
    }

    private void Close(bool flush)
    {
        if (IsClosed)
        {
            return;
        }

        var isWritten = flush && MayFlush && _durability.WriteForStop() && State == LogState.Online;
        Segment[] segments;
        using (_gate.Enter())
        {
            if (IsClosed)
            {
                return;
            }

            // An append that came in between is not covered by what was written.
            StoppedInOrder = isWritten && State == LogState.Online && _durability.IsSettled;
            _state = (int)LogLifecycle.Next(State, LogEvent.Closed);
            segments = _segments;
            _environment.Producers.Leave(ref _countedProducers);
        }

        _durability.Dispose();
        foreach (var segment in segments)
        {
            segment.Release();
        }

        RaiseAdvanced();
    }
}
