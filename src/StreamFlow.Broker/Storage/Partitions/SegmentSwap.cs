namespace StreamFlow.Broker.Storage;

/// <summary>
/// Puts the rewrite of neighbouring segments in their place, on the disk as <see cref="CompactionSwap"/> says and then for
/// readers. One that the disk stops between two steps goes on from there: meanwhile the old segments, whose files are still
/// open, serve.
/// </summary>
internal sealed class SegmentSwap(PartitionLog log, LogEnvironment environment)
{
    private const int WalkBytes = 64 * 1024;

    private (List<Segment> Group, Segment Merged)? _swapping;

    /// <summary>Finishes a swap that failed between its steps: until then no other may begin, and no segment may go.</summary>
    public bool TryFinish()
    {
        try
        {
            Finish();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StorageLog.CompactionFailed(environment.Log, log.LogDirectory, e.Message);
            return false;
        }
    }

    /// <summary>Puts a finished rewrite in the place of its segments; whether the log still takes writes.</summary>
    public bool Run(string cleaned, List<Segment> group)
    {
        if (log.State != LogState.Online)
        {
            return false;
        }

        // Opened and walked before, so that flushes wait for the renames only.
        var merged = OpenMerged(cleaned, group);
        try
        {
            environment.Files.Rename(cleaned, SwapPath(group));
        }
        catch
        {
            merged.Release();
            throw;
        }

        _swapping = (group, merged);
        Finish();
        return log.State == LogState.Online;
    }

    private void Finish()
    {
        if (_swapping is not var (group, merged))
        {
            return;
        }

        var swap = SwapPath(group);
        using (log.Durability.FlushGate.Enter())
        {
            if (File.Exists(swap))
            {
                environment.Files.FlushDirectory(log.LogDirectory);
                CompactionSwap.Finish(environment.Files, log.LogDirectory, swap, group[0].BaseOffset, group[^1].NextOffset);
            }

            using (log.Gate.Enter())
            {
                var segments = log.Segments;
                var at = Array.IndexOf(segments, group[0]);
                log.ReplaceSegments([.. segments[..at], merged, .. segments[(at + group.Count)..]]);
            }

            _swapping = null;
        }

        group.ForEach(static segment => segment.Release());
        IndexFile.Save(environment.Files, log.LogDirectory, merged);
        merged.LeaveIndexOnDisk(environment.Indexes);
    }

    private string SwapPath(List<Segment> group) =>
        Path.Combine(log.LogDirectory, CompactionSwap.SwapName(group[0].BaseOffset, group[^1].NextOffset));

    private Segment OpenMerged(string cleaned, List<Segment> group)
    {
        var path = Path.Combine(log.LogDirectory, Segment.FileName(group[0].BaseOffset, Segment.LogSuffix));
        var file = environment.Files.Open(cleaned, FileMode.Open).Named(path);
        var segment = new Segment(file, group[0].BaseOffset, group[0].CreatedMs)
        {
            LastAppendMs = group[^1].LastAppendMs,
        };
        var walker = new BatchWalker(segment.File, 0, segment.File.Length, new byte[WalkBytes]);
        while (walker.MoveNext())
        {
            segment.Accept(walker.Current, log.Options.IndexIntervalBytes);
        }

        segment.MarkFlushed(segment.Size);
        return segment;
    }
}
