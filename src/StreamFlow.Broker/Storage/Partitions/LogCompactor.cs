namespace StreamFlow.Broker.Storage;

/// <summary>
/// Rewrites the closed segments of a compacted log. First the last offset of every key in the not yet compacted part
/// is collected, then everything from the log start is written again without what those keys supersede, several
/// shrunken segments into one. Readers go on with the old segments until they let go of them.
/// </summary>
internal sealed class LogCompactor(PartitionLog log, LogEnvironment environment)
{
    /// <summary>Memory for keys in one round; a bigger dirty part takes several rounds.</summary>
    public const long DefaultMapBytes = 64L * 1024 * 1024;

    private long _nextHorizonMs = long.MaxValue;
    private readonly SegmentSwap _swap = new(log, environment);

    public long MapBytes { get; init; } = DefaultMapBytes;

    /// <summary>See <see cref="SegmentSwap.TryFinish"/>.</summary>
    public bool TryFinishSwap() => _swap.TryFinish();

    /// <summary>One round if one is due; called by one thread at a time.</summary>
    public void Run()
    {
        if (!_swap.TryFinish())
        {
            return;
        }

        RollOverdueActive();
        var segments = Eligible();
        if (segments.Count == 0 || !IsDue(segments))
        {
            return;
        }

        var acquired = segments.TakeWhile(static segment => segment.TryAcquire()).ToList();
        try
        {
            Compact(acquired);
        }
        finally
        {
            acquired.ForEach(static segment => segment.Release());
        }
    }

    private long NowMs => environment.NowMs;

    private void RollOverdueActive()
    {
        using (log.Gate.Enter())
        {
            var active = log.Segments[^1];
            if (active.Size == 0 || NowMs - active.CreatedMs < log.Options.MaxCompactionLagMs)
            {
                return;
            }

            log.RollLocked(NowMs);
        }

        log.Durability.FlushNow();
    }

    /// <summary>The closed, flushed segments below every open transaction and old enough, from the first on.</summary>
    private List<Segment> Eligible()
    {
        var segments = log.Segments;
        var eligible = new List<Segment>();
        for (var i = 0; i < segments.Length - 1; i++)
        {
            var segment = segments[i];
            var lag = NowMs - Math.Max(segment.MaxTimestamp, segment.LastAppendMs);
            if (segments[i + 1].BaseOffset > log.LastStableOffset || segment.FlushedSize < segment.Size
                || (log.Options.MinCompactionLagMs > 0 && lag < log.Options.MinCompactionLagMs))
            {
                break;
            }

            eligible.Add(segment);
        }

        return eligible;
    }

    private bool IsDue(List<Segment> segments)
    {
        long dirty = 0, total = 0;
        var oldestDirtyMs = long.MaxValue;
        foreach (var segment in segments)
        {
            total += segment.Size;
            if (segment.NextOffset > log.Durability.CleanedTo)
            {
                dirty += segment.Size;
                oldestDirtyMs = Math.Min(oldestDirtyMs, segment.CreatedMs);
            }
        }

        var ratio = total == 0 ? 0 : (double)dirty / total;
        return (dirty > 0 && ratio >= log.Options.MinCleanableDirtyRatio)
            || (dirty > 0 && NowMs - oldestDirtyMs >= log.Options.MaxCompactionLagMs)
            || _nextHorizonMs <= NowMs;
    }

    private void Compact(List<Segment> segments)
    {
        if (segments.Count == 0)
        {
            return;
        }

        AbortedRanges aborted;
        var lastBatches = new Dictionary<long, long>();
        using (log.Gate.Enter())
        {
            aborted = new AbortedRanges(log.Producers.Aborted);
            foreach (var state in log.Producers.Producers)
            {
                lastBatches[state.ProducerId] = state.LastDataOffset;
            }
        }

        var map = new KeyOffsetMap();
        var mappedTo = KeyCollector.Collect(segments, log.Durability.CleanedTo, MapBytes, map, aborted);
        var clock = new CompactionClock(NowMs, NowMs + log.Options.DeleteRetentionMs);
        using var filter = new CompactionFilter(
            map, mappedTo, aborted, lastBatches, clock, log.Options.CompressionLevelOf);
        foreach (var group in Groups(segments, mappedTo))
        {
            if (!RewriteGroup(group, filter))
            {
                return;
            }
        }

        WarnOfOpaque(filter);
        _nextHorizonMs = filter.NextHorizonMs;
        log.Durability.MoveCleanedTo(mappedTo);
    }

    private void WarnOfOpaque(CompactionFilter filter)
    {
        if (filter.OpaqueBatches > 0)
        {
            StorageLog.BatchesNotOpened(
                environment.Log, log.LogDirectory, filter.OpaqueBatches, filter.FirstOpaque.Offset, filter.FirstOpaque.Problem);
        }
    }

    /// <summary>Neighbouring segments that fit into one when nothing at all can be dropped, or shrank before.</summary>
    private List<List<Segment>> Groups(List<Segment> segments, long mappedTo)
    {
        var groups = new List<List<Segment>>();
        long size = 0;
        foreach (var segment in segments.Where(segment => segment.BaseOffset < mappedTo))
        {
            var fits = groups.Count > 0 && size + segment.Size <= log.Options.SegmentBytes
                && segment.NextOffset - groups[^1][0].BaseOffset <= int.MaxValue;
            if (!fits)
            {
                groups.Add([]);
                size = 0;
            }

            groups[^1].Add(segment);
            size += segment.Size;
        }

        return groups;
    }

    private bool RewriteGroup(List<Segment> group, CompactionFilter filter)
    {
        var cleaned = Path.Combine(
            log.LogDirectory, Segment.FileName(group[0].BaseOffset, CompactionSwap.CleanedSuffix));
        bool changed;
        try
        {
            changed = WriteCleaned(cleaned, group, filter) || group.Count > 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing was replaced yet: the log itself is whole, the next round tries again.
            StorageLog.CompactionFailed(environment.Log, log.LogDirectory, e.Message);
            environment.Files.Delete(cleaned);
            return false;
        }

        if (changed)
        {
            return TryForgetDroppedMarkers(filter) && _swap.Run(cleaned, group);
        }

        environment.Files.Delete(cleaned);
        return log.State == LogState.Online;
    }

    private bool WriteCleaned(string path, List<Segment> group, CompactionFilter filter)
    {
        using var file = environment.Files.Open(path, FileMode.Create);
        using var batches = new CompactionBuffers();
        long position = 0;
        var changed = false;
        foreach (var segment in group)
        {
            var walker = new BatchWalker(segment.File, 0, segment.Size, batches.Walk);
            while (walker.MoveNext())
            {
                var header = walker.Current;
                var mustStay = segment == group[^1] && walker.Next == segment.Size;
                var batch = batches.Read(segment.File, walker.Position, header.TotalSize);
                var kept = filter.Filter(batch, header, mustStay);
                changed |= !kept.SequenceEqual(batch);
                file.Write(kept, position);
                position += kept.Length;
            }
        }

        if (changed || group.Count > 1)
        {
            file.Flush();
        }

        return changed;
    }

    // The other order could leave an aborted transaction without the marker that ends it for readers.
    private bool TryForgetDroppedMarkers(CompactionFilter filter)
    {
        if (filter.DroppedMarkers.Count == 0)
        {
            return true;
        }

        using (log.Gate.Enter())
        {
            log.Producers.ForgetAborted(filter.DroppedMarkers);
        }

        filter.DroppedMarkers.Clear();
        return log.Durability.SaveOnlySnapshot();
    }
}
