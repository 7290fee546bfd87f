namespace StreamFlow.Broker.Storage;

/// <summary>
/// Opens a partition's directory after an orderly stop or a crash. Below the recovery point sizes and indexes are
/// trusted; above it every batch must be whole, in order and have a right checksum, and the first that is not ends
/// the log. A new leader epoch tells clients that records may be gone: whenever some are, and after any stop that was not
/// orderly, since a tail that is lost with whole batches leaves no trace.
/// </summary>
internal sealed class LogRecovery
{
    /// <summary>An empty file of this name tells recovery to cut a damaged log where the damage begins.</summary>
    public const string AcceptLossFile = "accept-loss";

    private readonly string _directory;
    private readonly LogOptions _options;
    private readonly LogEnvironment _environment;
    private readonly List<Segment> _segments = [];
    private readonly List<Segment> _rebuilt = [];
    private readonly List<EpochStart> _seenEpochs = [new(0, 0)];
    private readonly bool _isNew;
    private readonly bool _hasCheckpoint;
    private LogCheckpoint _checkpoint;
    private readonly long _verifyFrom;
    private readonly bool _acceptLoss;
    private long _truncated;
    private long _scanned;
    private string? _reason;
    private string? _damage;
    private LogTrouble? _trouble;

    private LogRecovery(string directory, LogOptions options, LogEnvironment environment)
    {
        _directory = directory;
        _options = options;
        _environment = environment;
        var stored = LogCheckpoint.Load(directory);
        _hasCheckpoint = stored is not null;
        _checkpoint = stored ?? new LogCheckpoint();
        _isNew = !_hasCheckpoint && !Directory.EnumerateFileSystemEntries(directory).Any();
        _acceptLoss = File.Exists(Path.Combine(directory, AcceptLossFile));
        _verifyFrom = environment.VerifyAll || _acceptLoss ? 0 : _checkpoint.RecoveryPoint;
    }

    private FileSystem Files => _environment.Files;

    private long EndOffset => _segments.Count == 0 ? _checkpoint.RecoveryPoint : _segments[^1].NextOffset;

    public static RecoveredLog Recover(string directory, LogOptions options, LogEnvironment environment)
    {
        Directory.CreateDirectory(directory);
        CompactionSwap.FinishOrUndo(environment.Files, directory);
        var recovery = new LogRecovery(directory, options, environment);
        try
        {
            return recovery.Run();
        }
        catch
        {
            recovery._segments.ForEach(static segment => segment.Release());
            throw;
        }
    }

    private RecoveredLog Run()
    {
        OpenSegments(SegmentFiles.BaseOffsets(_directory));
        if (!_hasCheckpoint)
        {
            _checkpoint = _checkpoint with { Epochs = [.. _seenEpochs] };
        }

        CheckNothingDurableIsMissing();
        if (_damage is not null)
        {
            StorageLog.Damaged(_environment.Log, _directory, _damage);
            return new RecoveredLog(
                [.. _segments], new ProducerStateTable(), _checkpoint, EndOffset, 0, Report, _damage);
        }

        if (_segments.Count == 0)
        {
            CreateFirstSegment();
        }

        var producers = new ProducerReplay(Files, _directory, _environment.NowMs);
        producers.Run(_segments, EndOffset, _checkpoint.LogStartOffset);
        MakeDurable();
        _environment.TryWriteBeside(_directory, () => producers.SaveSnapshot(EndOffset));
        if (_acceptLoss && _trouble is null)
        {
            Files.Delete(Path.Combine(_directory, AcceptLossFile));
        }

        return new RecoveredLog(
            [.. _segments], producers.Table, _checkpoint, EndOffset, producers.SnapshotOffset, Report, null)
        { Trouble = _trouble };
    }

    private RecoveryReport Report => new(_truncated, _scanned, _reason);

    private void CheckNothingDurableIsMissing()
    {
        var problem = _segments.Count > 0
            ? EndOffset >= _checkpoint.RecoveryPoint ? null
                : $"it ends at offset {EndOffset} although records up to {_checkpoint.RecoveryPoint} were fsynced"
            : _checkpoint.RecoveryPoint > 0
                ? $"its segments are missing although records up to offset {_checkpoint.RecoveryPoint} were fsynced"
            : _environment.WasCreated ? "all its files are missing" : null;
        if (_acceptLoss)
        {
            _reason ??= problem;
        }
        else
        {
            _damage ??= problem;
        }
    }

    private void OpenSegments(List<long> baseOffsets)
    {
        for (var i = 0; i < baseOffsets.Count; i++)
        {
            var isLast = i == baseOffsets.Count - 1;
            if (!isLast && baseOffsets[i + 1] <= _checkpoint.LogStartOffset)
            {
                SegmentFiles.Delete(Files, _directory, baseOffsets[i]);
            }
            else if (_reason is not null || _damage is not null)
            {
                DropBehindTruncation(baseOffsets[i]);
            }
            else
            {
                OpenSegment(baseOffsets[i], isLast ? long.MaxValue : baseOffsets[i + 1]);
            }
        }
    }

    private void OpenSegment(long baseOffset, long nextBase)
    {
        var path = PathOf(baseOffset, Segment.LogSuffix);
        var modified = new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeMilliseconds();
        var lastAppend = Math.Min(modified, _environment.NowMs);
        var since = _checkpoint.ActiveBaseOffset == baseOffset ? _checkpoint.ActiveSinceMs : lastAppend;
        var segment = new Segment(Files.Open(path, FileMode.Open), baseOffset, since) { LastAppendMs = lastAppend };
        _segments.Add(segment);
        string? problem = null;
        if (!IndexFile.TryLoad(_directory, segment, _verifyFrom))
        {
            _rebuilt.Add(segment);
            problem = Scan(segment, nextBase);
        }

        var rest = segment.File.Length - segment.Size;
        if (problem is null && rest == 0 && !EndsEarly(segment, nextBase))
        {
            if (nextBase != long.MaxValue && segment.IsIndexStored)
            {
                segment.LeaveIndexOnDisk(_environment.Indexes);
            }

            return;
        }

        problem ??= rest > 0 ? "the last batch is cut off" : $"the end is missing, up to offset {nextBase}";
        if (segment.NextOffset < _checkpoint.RecoveryPoint && !_acceptLoss)
        {
            _damage = $"behind offset {segment.NextOffset} in '{Path.GetFileName(path)}' {problem}";
            return;
        }

        _reason = problem;
        _truncated += rest;
        segment.TruncateToSize();
    }

    /// <summary>
    /// Whether a closed segment lost its end with whole batches while what follows was kept, for the disk writes files in any
    /// order; or a whole file is gone. Segments follow each other without a gap, compacted ones too.
    /// </summary>
    private static bool EndsEarly(Segment segment, long nextBase) => nextBase != long.MaxValue && segment.NextOffset < nextBase;

    /// <summary>Accepts batches until one is not acceptable; answers what is wrong with that one.</summary>
    private string? Scan(Segment segment, long nextBase)
    {
        var buffer = new byte[64 * 1024];
        var walker = new BatchWalker(segment.File, 0, segment.File.Length, buffer);
        var crcBuffer = new byte[64 * 1024];
        while (walker.MoveNext())
        {
            var header = walker.Current;
            if (header.BaseOffset < segment.NextOffset || header.NextOffset > nextBase
                || header.LastOffset - segment.BaseOffset > int.MaxValue || walker.Next > int.MaxValue)
            {
                return $"the batch at byte {walker.Position} has an offset out of order";
            }

            if (header.NextOffset > _verifyFrom)
            {
                _scanned += header.TotalSize;
                if (!walker.IsCrcRight(crcBuffer))
                {
                    return $"the batch at byte {walker.Position} has a wrong checksum";
                }
            }

            LeaderEpochHistory.Note(_seenEpochs, header);
            segment.Accept(header, _options.IndexIntervalBytes);
        }

        return walker.Next == segment.File.Length ? null : $"byte {walker.Next} starts no whole batch";
    }

    // What follows a bad batch was never acknowledged under fsync, and could not be read across the gap anyway.
    private void DropBehindTruncation(long baseOffset)
    {
        if (_damage is not null)
        {
            return;
        }

        _truncated += new FileInfo(PathOf(baseOffset, Segment.LogSuffix)).Length;
        SegmentFiles.Delete(Files, _directory, baseOffset);
    }

    private void CreateFirstSegment()
    {
        // Offsets that were handed out once are never used again, even when the files that held them are gone.
        var start = Math.Max(_checkpoint.LogStartOffset, _checkpoint.RecoveryPoint);
        _segments.Add(new Segment(Files.Open(PathOf(start, Segment.LogSuffix), FileMode.CreateNew), start, _environment.NowMs));
        Files.FlushDirectory(_directory);
        if (start > _checkpoint.LogStartOffset)
        {
            _checkpoint = _checkpoint with { LogStartOffset = start };
        }
    }

    private void MakeDurable()
    {
        foreach (var segment in _segments)
        {
            segment.Flush();
        }

        // Only an orderly stop leaves a log that ends where it was last known to be fsynced.
        var isUnclean = !_isNew && (_environment.AfterUncleanStop || EndOffset != _checkpoint.RecoveryPoint);
        var epochs = _reason is not null || isUnclean
            ? LeaderEpochHistory.Raise(_checkpoint.Epochs, EndOffset)
            : _checkpoint.Epochs;
        if (_reason is not null)
        {
            StorageLog.Cut(_environment.Log, _directory, EndOffset, _reason, _truncated);
        }

        var start = Math.Clamp(_checkpoint.LogStartOffset, _segments[0].BaseOffset, EndOffset);
        var recovered = _checkpoint with
        {
            LogStartOffset = start, RecoveryPoint = EndOffset, CleanedTo = Math.Min(_checkpoint.CleanedTo, EndOffset),
            Epochs = LeaderEpochHistory.Prune(epochs, start),
        };
        if (recovered != _checkpoint)
        {
            SaveCheckpoint(recovered);
        }

        foreach (var segment in _rebuilt.Where(segment => segment != _segments[^1]))
        {
            _environment.TryWriteBeside(_directory, () =>
            {
                IndexFile.Save(Files, _directory, segment);
                segment.LeaveIndexOnDisk(_environment.Indexes);
            });
        }
    }

    /// <summary>
    /// On a full disk the log is served all the same, and takes no writes before this is saved: until then nothing is in the new
    /// epoch, so that the next start comes to the same result.
    /// </summary>
    private void SaveCheckpoint(LogCheckpoint recovered)
    {
        try
        {
            recovered.Save(Files, _directory);
        }
        catch (Exception e) when (!_isNew && (e is IOException or UnauthorizedAccessException))
        {
            _trouble = new LogTrouble(TroubleKind.Write, e.Message, _environment.Time.GetUtcNow());
        }

        _checkpoint = recovered;
    }

    private string PathOf(long baseOffset, string suffix) =>
        SegmentFiles.PathOf(_directory, baseOffset, suffix);
}
