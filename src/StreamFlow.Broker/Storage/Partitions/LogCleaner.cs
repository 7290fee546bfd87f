namespace StreamFlow.Broker.Storage;

/// <summary>
/// Background care of one log: retention by time and size, producer expiry, compaction, checkpoint, repair. What fails
/// here is tried again and loses nothing: the log goes on with the files it has.
/// </summary>
internal sealed class LogCleaner(PartitionLog log, LogEnvironment environment)
{
    private readonly OrderedLock _gate = new(LockRank.LogCare);
    private volatile bool _careIsDue;
    private volatile bool _retentionIsDue;
    private readonly LogCompactor _compactor = new(log, environment);
    private readonly LogRepair _repair = new(log, environment);

    /// <summary>Everything but compaction; while that runs it is left to the end of it, so that nobody waits for it here.</summary>
    /// <param name="retains">Whether it is time to look for what retention deletes.</param>
    public void Care(bool retains)
    {
        if (retains)
        {
            _retentionIsDue = true;
        }

        _careIsDue = true;
        if (!_gate.TryEnter())
        {
            return;
        }

        var start = log.LogStartOffset;
        try
        {
            CareLocked();
        }
        finally
        {
            _gate.Exit();
        }

        TellOfStart(start);
    }

    /// <summary>A round of compaction where one is due.</summary>
    public void Compact()
    {
        if (!log.Options.IsCompacted)
        {
            return;
        }

        var start = log.LogStartOffset;
        using (_gate.Enter())
        {
            if (log.State == LogState.Online)
            {
                CompactLocked();
            }

            CareLocked();
        }

        TellOfStart(start);
    }

    /// <summary>Repairs a log that refuses writes; left to the next attempt while a round is running.</summary>
    public bool TryRepair()
    {
        if (!_gate.TryEnter())
        {
            return log.State != LogState.ReadOnly;
        }

        try
        {
            return _repair.TryRun();
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Unlinks segments wholly below the log start; left to the next round while one is running.</summary>
    public void DropSegmentsBelowStart()
    {
        if (!_gate.TryEnter())
        {
            return;
        }

        try
        {
            Try(DropLocked);
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void TellOfStart(long before)
    {
        if (log.LogStartOffset != before)
        {
            log.RaiseAdvanced();
        }
    }

    private void CareLocked()
    {
        if (!_careIsDue || log.State is not (LogState.Online or LogState.ReadOnly))
        {
            return;
        }

        _careIsDue = false;
        ExpireProducers();
        Try(() =>
        {
            // A full disk is what retention is for.
            if (_retentionIsDue || log.State == LogState.ReadOnly)
            {
                _retentionIsDue = false;
                ApplyRetention();
            }

            DropLocked();
        });
        log.Durability.SaveCheckpoint();
    }

    private void CompactLocked()
    {
        try
        {
            _compactor.Run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StorageLog.CompactionFailed(environment.Log, log.LogDirectory, e.Message);
        }
    }

    private void Try(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StorageLog.RetentionFailed(environment.Log, log.LogDirectory, e.Message);
        }
    }

    private void ExpireProducers()
    {
        using (log.Gate.Enter())
        {
            log.Producers.Expire(environment.NowMs, environment.ProducerIdExpirationMs());
            log.RecountProducers();
        }
    }

    private void ApplyRetention()
    {
        var options = log.Options;
        if (!options.DeletesByRetention)
        {
            return;
        }

        RollExpiredActive(options);
        var segments = log.Segments;
        var (size, start, now) = (log.SizeInBytes, log.LogStartOffset, environment.NowMs);
        var (dropped, bytes, why) = (0, 0L, "");
        for (var i = 0; i < segments.Length - 1; i++)
        {
            var segment = segments[i];
            var tooOld = options.RetentionMs >= 0 && Age(segment, now) > options.RetentionMs;
            var tooMuch = options.RetentionBytes >= 0 && size - segment.Size >= options.RetentionBytes;
            if (!(tooOld || tooMuch) || segments[i + 1].BaseOffset > log.HighWatermark)
            {
                break;
            }

            size -= segment.Size;
            start = segments[i + 1].BaseOffset;
            (dropped, bytes) = (dropped + 1, bytes + segment.Size);
            why = tooOld ? $"older than retention.ms ({options.RetentionMs})" : $"more than retention.bytes ({options.RetentionBytes})";
        }

        if (start > log.LogStartOffset)
        {
            Retire(start, dropped, bytes, why);
        }
    }

    private void Retire(long start, int segments, long bytes, string why)
    {
        if (log.Durability.MoveLogStart(start) != ErrorCode.None)
        {
            // On a full disk the checkpoint has no room before they are gone. Without it the log begins, after a crash, with
            // the first segment that is left: none is cut in two here.
            log.PublishLogStart(start);
        }

        StorageLog.Retired(environment.Log, log.LogDirectory, segments, bytes, start, why);
    }

    // Without this a topic that is no longer written to would keep its last records for ever.
    private void RollExpiredActive(LogOptions options)
    {
        using (log.Gate.Enter())
        {
            var active = log.Segments[^1];
            if (log.State != LogState.Online || options.RetentionMs < 0 || active.Size == 0
                || Age(active, environment.NowMs) <= options.RetentionMs)
            {
                return;
            }

            log.RollLocked(environment.NowMs);
        }

        log.Durability.FlushNow();
    }

    private long Age(Segment segment, long nowMs) =>
        nowMs - (segment.MaxTimestamp >= 0 && !environment.RetainsByArrival ? segment.MaxTimestamp : segment.LastAppendMs);

    private void DropLocked()
    {
        if (!_compactor.TryFinishSwap())
        {
            return;
        }

        var dropped = new List<Segment>();
        using (log.Gate.Enter())
        {
            var segments = log.Segments;
            var keepFrom = 0;
            while (keepFrom < segments.Length - 1 && segments[keepFrom + 1].BaseOffset <= log.LogStartOffset)
            {
                dropped.Add(segments[keepFrom++]);
            }

            if (keepFrom > 0)
            {
                log.ReplaceSegments(segments[keepFrom..]);
            }
        }

        foreach (var segment in dropped)
        {
            // A file that stays is deleted at the next start, which begins with the log start.
            Try(() => environment.Files.Delete(segment.File.Path));
            Try(() => environment.Files.Delete(Path.ChangeExtension(segment.File.Path, Segment.IndexSuffix)));
            segment.Release();
        }
    }
}
