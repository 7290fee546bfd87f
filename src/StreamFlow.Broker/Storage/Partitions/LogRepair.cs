namespace StreamFlow.Broker.Storage;

/// <summary>
/// Brings back a log that refuses writes, once the disk does what it should. What may be repeated depends on what failed.
/// After a refused write everything before it is whole: what it left behind is cut off. After a failed fsync nothing that
/// was not durable before is known to be on the disk, and the same pages may not be asked for again, since the kernel
/// reports such a failure once: the segments are read, verified, and written into new files, which are fsynced instead.
/// What cannot be read back is cut off, and the leader epoch rises. Called by one thread at a time, with no rewrite of
/// segments under way.
/// </summary>
internal sealed class LogRepair(PartitionLog log, LogEnvironment environment)
{
    private const string ProbeName = "probe.tmp";
    private const int CopyBytes = 256 * 1024;

    /// <summary>Room that must be there beside that for what was refused, so that the next write is not refused again.</summary>
    private const int SpareBytes = 64 * 1024;

    /// <summary>Tries it once.</summary>
    /// <returns>Whether there is nothing more to try.</returns>
    public bool TryRun()
    {
        using (log.Durability.FlushGate.Enter())
        {
            if (log.State != LogState.ReadOnly || log.Trouble is not { } trouble)
            {
                return log.State != LogState.ReadOnly;
            }

            try
            {
                Run(trouble);
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The disk has not changed its mind. Why it refuses is known from the first time.
                StorageLog.NotYetRepaired(environment.Log, log.LogDirectory, e.Message);
                return false;
            }
        }
    }

    private void Run(LogTrouble trouble)
    {
        Probe(trouble.WantedBytes + SpareBytes);
        var segments = log.Segments;
        if (trouble.Kind == TroubleKind.Read)
        {
            CheckReadable(segments);
        }

        if (trouble.Kind != TroubleKind.Flush)
        {
            segments[^1].TruncateToSize();

            // What the start could not note is noted before anything is written under it.
            log.Durability.SaveRepaired(log.Epochs, log.FlushedEndOffset);
            log.Repaired(segments, log.Epochs, producers: null);
            return;
        }

        RewriteUnflushed(segments);
    }

    /// <summary>Whether there is room, and a file handle.</summary>
    private void Probe(int bytes)
    {
        var path = Path.Combine(log.LogDirectory, ProbeName);
        try
        {
            using var file = environment.Files.Open(path, FileMode.Create);
            file.Write(new byte[bytes], 0);
        }
        finally
        {
            environment.Files.Delete(path);
        }
    }

    private static void CheckReadable(Segment[] segments)
    {
        foreach (var segment in segments)
        {
            var walker = new BatchWalker(segment.File, 0, segment.Size, new byte[CopyBytes]);
            while (walker.MoveNext())
            {
                // The headers lead from batch to batch; the last byte of each must be there.
            }

            if (walker.Next != segment.Size || segment.File.Length < segment.Size)
            {
                throw new IOException($"'{segment.File.Path}' cannot be read from byte {walker.Next} on.");
            }
        }
    }

    private void RewriteUnflushed(Segment[] segments)
    {
        var oldEnd = segments[^1].NextOffset;
        var (kept, rewritten) = RewriteAll(segments);
        var end = kept[^1].NextOffset;
        ProducerStateTable? producers = null;
        if (end < oldEnd)
        {
            StorageLog.Cut(
                environment.Log, log.LogDirectory, end, "the disk has lost what it could not write", oldEnd - end);
            var replay = new ProducerReplay(environment.Files, log.LogDirectory, environment.NowMs);
            replay.Run(kept, end, log.LogStartOffset);
            producers = replay.Table;
        }

        EpochStart[] epochs =
            [.. log.Epochs.Where(epoch => epoch.StartOffset < end), new EpochStart(log.Epochs[^1].Epoch + 1, end)];
        Save(epochs, end, rewritten);
        log.Repaired([.. kept], epochs, producers);
        log.MarkFlushed(end);
        foreach (var (old, current) in rewritten)
        {
            if (old == current)
            {
                environment.Files.Delete(old.File.Path);
            }

            old.Release();
        }
    }

    /// <summary>
    /// What is kept, and what goes: a segment with the one that was written in its place, or with itself when it lies behind
    /// what could not be read back.
    /// </summary>
    private (List<Segment> Kept, List<(Segment Old, Segment New)> Rewritten) RewriteAll(Segment[] segments)
    {
        var (kept, rewritten) = (new List<Segment>(), new List<(Segment Old, Segment New)>());
        var isCut = false;
        foreach (var segment in segments)
        {
            if (isCut)
            {
                rewritten.Add((segment, segment));
                continue;
            }

            var current = segment.FlushedSize < segment.Size ? Rewrite(segment) : segment;
            if (current != segment)
            {
                rewritten.Add((segment, current));
            }

            kept.Add(current);
            isCut = current.NextOffset < segment.NextOffset;
        }

        return (kept, rewritten);
    }

    private void Save(EpochStart[] epochs, long end, List<(Segment Old, Segment New)> rewritten)
    {
        try
        {
            log.Durability.SaveRepaired(epochs, end);
        }
        catch
        {
            rewritten.ForEach(static pair =>
            {
                if (pair.New != pair.Old)
                {
                    pair.New.Release();
                }
            });
            throw;
        }
    }

    /// <summary>Copies a segment into a new file, which is durable and takes its name; cut where it cannot be read back.</summary>
    private Segment Rewrite(Segment segment)
    {
        var path = Path.Combine(log.LogDirectory, Segment.FileName(segment.BaseOffset, Segment.LogSuffix));
        var copy = Path.Combine(log.LogDirectory, Segment.FileName(segment.BaseOffset, CompactionSwap.CleanedSuffix));
        using (var file = environment.Files.Open(copy, FileMode.Create))
        {
            var buffer = new byte[CopyBytes];
            for (long at = 0; at < segment.Size;)
            {
                var read = segment.File.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, segment.Size - at)), at);
                if (read == 0)
                {
                    break;
                }

                file.Write(buffer.AsSpan(0, read), at);
                at += read;
            }

            file.Flush();
        }

        var rewritten = Verified(segment, copy);
        try
        {
            environment.Files.Rename(copy, path);
            environment.Files.FlushDirectory(log.LogDirectory);
            return rewritten;
        }
        catch
        {
            rewritten.Release();
            throw;
        }
    }

    /// <summary>Opens a copy and accepts its batches up to the first of those that were not durable which is not whole.</summary>
    private Segment Verified(Segment old, string copy)
    {
        var path = Path.Combine(log.LogDirectory, Segment.FileName(old.BaseOffset, Segment.LogSuffix));
        var segment = new Segment(environment.Files.Open(copy, FileMode.Open).Named(path), old.BaseOffset, old.CreatedMs)
        {
            LastAppendMs = old.LastAppendMs,
        };
        try
        {
            var walker = new BatchWalker(segment.File, 0, segment.File.Length, new byte[CopyBytes]);
            var scratch = new byte[CopyBytes];
            while (walker.MoveNext() && walker.Current.BaseOffset >= segment.NextOffset
                && (walker.Next <= old.FlushedSize || walker.IsCrcRight(scratch)))
            {
                segment.Accept(walker.Current, log.Options.IndexIntervalBytes);
            }

            if (segment.Size < old.FlushedSize)
            {
                throw new IOException($"'{path}' lost records that had been fsynced, from byte {segment.Size} on.");
            }

            if (segment.File.Length != segment.Size)
            {
                segment.TruncateToSize();
                segment.File.Flush();
            }

            segment.MarkFlushed(segment.Size);
            return segment;
        }
        catch
        {
            segment.Release();
            throw;
        }
    }
}
