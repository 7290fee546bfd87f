
namespace StreamFlow.Broker.Storage;

/// <summary>
/// Brings a log's bytes to the disk: group commit, flushing by interval, the side files of closed segments, the
/// checkpoint. A failed fsync is never retried, because the kernel may have dropped the pages it could not write: the
/// partition refuses writes until it is repaired. A file beside the log that cannot be written is written later.
/// </summary>
internal sealed partial class LogDurability : IDisposable
{
    // Timers do not take more than some weeks; flushing earlier than asked is no harm.
    private const long MaxTimerMs = 24L * 60 * 60 * 1000;

    private readonly OrderedLock _flushGate = new(LockRank.LogFlush);
    private readonly OrderedLock _checkpointGate = new(LockRank.LogCheckpoint);
    private readonly PartitionLog _log;
    private readonly LogEnvironment _environment;
    private readonly LogSideFiles _sideFiles;
    private List<ClosedSegment> _rolls = [];
    private TaskCompletionSource<ErrorCode>? _round;
    private LogCheckpoint? _saved;
    private long _recordsSinceFlush;
    private int _queued;
    private ITimer? _timer;
    private int _timerArmed;

    public LogDurability(PartitionLog log, LogEnvironment environment, RecoveredLog recovered)
    {
        _log = log;
        _environment = environment;
        _saved = recovered.Trouble is null ? recovered.Checkpoint : null;
        _sideFiles = new LogSideFiles(log, environment, recovered);
        CleanedTo = recovered.Checkpoint.CleanedTo;
    }

    /// <summary>The end of the compacted part; guarded by the checkpoint lock.</summary>
    public long CleanedTo { get; private set; }

    /// <summary>Excludes flushes while held, for whoever replaces segments.</summary>
    public OrderedLock FlushGate => _flushGate;

    /// <summary>Schedules whatever the policy asks for after an append.</summary>
    public void AfterAppend(LogOptions options, bool rolled, int records)
    {
        if (options.FlushPolicy == FlushPolicy.EveryAppend || rolled)
        {
            RequestFlush();
        }
        else if (options.FlushPolicy == FlushPolicy.Interval)
        {
            if (Interlocked.Add(ref _recordsSinceFlush, records) >= options.FlushMessages)
            {
                RequestFlush();
            }
            else if (Interlocked.Exchange(ref _timerArmed, 1) == 0)
            {
                ArmTimer(TimeSpan.FromMilliseconds(Math.Min(options.FlushIntervalMs, MaxTimerMs)));
            }
        }
    }

    /// <summary>Completes once everything below the offset is fsynced; waiters of one fsync share one task.</summary>
    public ValueTask<ErrorCode> WaitAsync(long endOffset)
    {
        TaskCompletionSource<ErrorCode> round;
        using (_log.Gate.Enter())
        {
            if (!_log.MayFlush)
            {
                return new ValueTask<ErrorCode>(ErrorCode.KafkaStorageError);
            }

            if (_log.FlushedEndOffset >= endOffset)
            {
                return new ValueTask<ErrorCode>(ErrorCode.None);
            }

            round = _round ??= new TaskCompletionSource<ErrorCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        RequestFlush();
        return new ValueTask<ErrorCode>(round.Task);
    }

    /// <summary>A queued flush begins: what is appended from here on needs another one.</summary>
    public void FlushQueued()
    {
        Interlocked.Exchange(ref _queued, 0);
        FlushNow();
    }

    /// <summary>Fsyncs everything appended so far and tells those who wait for it.</summary>
    public void FlushNow()
    {
        bool moved;
        using (_flushGate.Enter())
        {
            moved = FlushUnderGate();
        }

        if (moved)
        {
            _log.RaiseAdvanced();
        }
    }

    /// <summary>Remembers a segment that was just closed; called under the partition lock.</summary>
    public void NoteRoll(Segment closed, byte[] snapshot, long offset) =>
        _rolls.Add(new ClosedSegment(closed, snapshot, offset));

    /// <summary>Moves the log start: first on disk, then for readers.</summary>
    public ErrorCode MoveLogStart(long offset)
    {
        using (_checkpointGate.Enter())
        {
            if (offset <= _log.LogStartOffset)
            {
                return ErrorCode.None;
            }

            if (!TrySave(Compose() with { LogStartOffset = offset }))
            {
                return ErrorCode.KafkaStorageError;
            }

            _log.PublishLogStart(offset);
            return ErrorCode.None;
        }
    }

    public void MoveCleanedTo(long offset)
    {
        using (_checkpointGate.Enter())
        {
            CleanedTo = offset;
            TrySave(Compose());
        }
    }

    /// <summary>Whether everything that was appended is durable, and the checkpoint says so.</summary>
    public bool IsSettled => _log.FlushedEndOffset == _log.LogEndOffset && _saved?.RecoveryPoint == _log.LogEndOffset;

    public bool SaveCheckpoint()
    {
        using (_checkpointGate.Enter())
        {
            return TrySave(Compose());
        }
    }

    /// <summary>Writes the producer table as it is now and deletes the snapshots that say otherwise.</summary>
    public bool SaveOnlySnapshot()
    {
        FlushNow();
        return _log.MayFlush && Guarded(() =>
        {
            _sideFiles.WriteSnapshot();
            _sideFiles.KeepNewestSnapshot();
        });
    }

    /// <summary>Makes everything durable that the next start wants to find; false when the disk failed.</summary>
    public bool WriteForStop()
    {
        FlushNow();
        return _log.MayFlush && Guarded(_sideFiles.WriteForStop) && SaveCheckpoint();
    }

    /// <summary>Fails whoever still waits.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        FlushNow();
    }

    private bool FlushUnderGate()
    {
        TaskCompletionSource<ErrorCode>? round;
        List<ClosedSegment> rolls;
        Segment[] segments;
        long end;
        bool online;
        using (_log.Gate.Enter())
        {
            (round, _round) = (_round, null);
            (rolls, _rolls) = (_rolls, _rolls.Count == 0 ? _rolls : []);
            segments = _log.Segments;
            end = _log.LogEndOffset;
            online = _log.MayFlush;
        }

        var moved = false;
        var flushed = online && TryFlush(() => FlushSegments(segments, directory: rolls.Count > 0));
        if (flushed)
        {
            Interlocked.Exchange(ref _recordsSinceFlush, 0);
            moved = _log.MarkFlushed(end);
        }

        round?.TrySetResult(flushed ? ErrorCode.None : ErrorCode.KafkaStorageError);
        if (flushed && rolls.Count > 0 && Guarded(() => _sideFiles.WriteClosed(rolls)))
        {
            SaveCheckpoint();
        }

        return moved;
    }

    private void FlushSegments(Segment[] segments, bool directory)
    {
        // A new segment's directory entry must be durable before the data in it counts as such.
        if (directory)
        {
            _environment.Files.FlushDirectory(_log.LogDirectory);
        }

        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i].FlushedSize < segments[i].Size && segments[i].TryAcquire())
            {
                try
                {
                    _environment.Flush(segments[i]);
                }
                finally
                {
                    segments[i].Release();
                }
            }
        }
    }

    private void RequestFlush()
    {
        var flusher = _environment.Flusher;
        if (flusher is null)
        {
            FlushNow();
        }
        else if (Interlocked.Exchange(ref _queued, 1) == 0 && !flusher.TryEnqueue(_log))
        {
            FlushQueued();
        }
    }

    private LogCheckpoint Compose()
    {
        var active = _log.Segments[^1];
        return new LogCheckpoint
        {
            LogStartOffset = _log.LogStartOffset,
            RecoveryPoint = _log.FlushedEndOffset,
            CleanedTo = CleanedTo,
            Epochs = _log.Epochs,
            ActiveBaseOffset = active.Size > 0 ? active.BaseOffset : -1,
            ActiveSinceMs = active.Size > 0 ? active.CreatedMs : 0,
        };
    }

    private bool TrySave(LogCheckpoint checkpoint)
    {
        if (checkpoint == _saved)
        {
            return true;
        }

        if (!Guarded(() => checkpoint.Save(_environment.Files, _log.LogDirectory)))
        {
            return false;
        }

        _saved = checkpoint;
        return true;
    }

    private bool Guarded(Action action) => _environment.TryWriteBeside(_log.LogDirectory, action);
}
