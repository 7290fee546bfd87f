namespace StreamFlow.Broker.Storage;

/// <summary>Background care of one log: retention by time and size, producer expiry, compaction, checkpoint.</summary>
internal sealed class LogCleaner(PartitionLog log, LogEnvironment environment)
{
    /// <summary>How long a silent producer is remembered.</summary>
    public const long ProducerRetentionMs = 24L * 60 * 60 * 1000;

    private readonly Lock _gate = new();
    private readonly LogCompactor _compactor = new(log, environment);

    public void Maintain()
    {
        var start = log.LogStartOffset;
        lock (_gate)
        {
            if (log.State == LogState.Online)
            {
                MaintainLocked();
            }
        }

        if (log.LogStartOffset != start)
        {
            log.RaiseAdvanced();
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
            DropLocked();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.GoOffline(e);
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void MaintainLocked()
    {
        try
        {
            ExpireProducers();
            ApplyRetention();
            DropLocked();
            if (log.Options.IsCompacted)
            {
                _compactor.Run();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.GoOffline(e);
            return;
        }

        log.Durability.SaveCheckpoint();
    }

    private void ExpireProducers()
    {
        lock (log.Gate)
        {
            log.Producers.Expire(environment.NowMs, ProducerRetentionMs);
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
        var size = log.SizeInBytes;
        var start = log.LogStartOffset;
        var now = environment.NowMs;
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
        }

        if (start > log.LogStartOffset)
        {
            log.Durability.MoveLogStart(start);
        }
    }

    // Without this a topic that is no longer written to would keep its last records for ever.
    private void RollExpiredActive(LogOptions options)
    {
        lock (log.Gate)
        {
            var active = log.Segments[^1];
            if (options.RetentionMs < 0 || active.Size == 0 || Age(active, environment.NowMs) <= options.RetentionMs)
            {
                return;
            }

            log.RollLocked(environment.NowMs);
        }

        log.Durability.FlushNow();
    }

    private static long Age(Segment segment, long nowMs) =>
        nowMs - (segment.MaxTimestamp >= 0 ? segment.MaxTimestamp : segment.LastAppendMs);

    private void DropLocked()
    {
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
            environment.Files.Delete(segment.File.Path);
            environment.Files.Delete(Path.ChangeExtension(segment.File.Path, Segment.IndexSuffix));
            segment.Release();
        }
    }
}
