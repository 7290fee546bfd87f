namespace StreamFlow.Broker.Storage;

/// <summary>
/// Background care of one log: retention by time and size, producer expiry, compaction, checkpoint, repair. What fails
/// here is tried again and loses nothing: the log goes on with the files it has.
/// </summary>
internal sealed class LogCleaner(PartitionLog log, LogEnvironment environment)
{
    private readonly Lock _gate = new();
    private readonly LogCompactor _compactor = new(log, environment);
    private readonly LogRepair _repair = new(log, environment);

    /// <param name="retains">Whether it is time to look for what retention deletes.</param>
    public void Maintain(bool retains)
    {
        var start = log.LogStartOffset;
        lock (_gate)
        {
            if (log.State is LogState.Online or LogState.ReadOnly)
            {
                MaintainLocked(retains);
            }
        }

        if (log.LogStartOffset != start)
        {
            log.RaiseAdvanced();
        }
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

    private void MaintainLocked(bool retains)
    {
        ExpireProducers();
        Try(() =>
        {
            // A full disk is what retention is for.
            if (retains || log.State == LogState.ReadOnly)
            {
                ApplyRetention();
            }

            DropLocked();
        });
        if (log.State == LogState.Online && log.Options.IsCompacted)
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

        log.Durability.SaveCheckpoint();
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
        lock (log.Gate)
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
        lock (log.Gate)
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
        lock (log.Gate)
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
