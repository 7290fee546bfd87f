using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>What recovery hands to a log.</summary>
internal sealed record RecoveredLog(
    Segment[] Segments, ProducerStateTable Producers, LogCheckpoint Checkpoint, long EndOffset, long SnapshotOffset,
    RecoveryReport Report, string? Damage);

/// <summary>
/// Opens a partition's directory after an orderly stop or a crash. Below the recovery point sizes and indexes are
/// trusted; above it every batch must be whole, in order and have a right checksum, and the first that is not ends
/// the log. A new leader epoch then tells clients that records behind it are gone.
/// </summary>
internal sealed class LogRecovery
{
    /// <summary>An empty file of this name tells recovery to cut a damaged log where the damage begins.</summary>
    public const string AcceptLossFile = "accept-loss";

    private readonly string _directory;
    private readonly LogOptions _options;
    private readonly LogEnvironment _environment;
    private readonly List<Segment> _segments = [];
    private LogCheckpoint _checkpoint;
    private readonly long _verifyFrom;
    private readonly bool _acceptLoss;
    private long _truncated;
    private long _scanned;
    private string? _reason;
    private string? _damage;

    private LogRecovery(string directory, LogOptions options, LogEnvironment environment)
    {
        _directory = directory;
        _options = options;
        _environment = environment;
        _checkpoint = LogCheckpoint.Load(directory) ?? new LogCheckpoint();
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
        var existing = BaseOffsets();
        OpenSegments(existing);
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
        producers.SaveSnapshot(EndOffset);
        if (_acceptLoss)
        {
            Files.Delete(Path.Combine(_directory, AcceptLossFile));
        }

        return new RecoveredLog(
            [.. _segments], producers.Table, _checkpoint, EndOffset, producers.SnapshotOffset, Report, null);
    }

    private RecoveryReport Report => new(_truncated, _scanned, _reason);

    private void CheckNothingDurableIsMissing()
    {
        if (_damage is not null || (_segments.Count > 0 && EndOffset >= _checkpoint.RecoveryPoint)
            || _checkpoint.RecoveryPoint == 0)
        {
            return;
        }

        var problem = _segments.Count == 0
            ? $"its segments are missing although records up to offset {_checkpoint.RecoveryPoint} were fsynced"
            : $"it ends at offset {EndOffset} although records up to {_checkpoint.RecoveryPoint} were fsynced";
        if (_acceptLoss)
        {
            _reason ??= problem;
        }
        else
        {
            _damage = problem;
        }
    }

    private List<long> BaseOffsets()
    {
        var found = new List<long>();
        foreach (var path in Directory.EnumerateFiles(_directory, "*" + Segment.LogSuffix))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            if (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var baseOffset))
            {
                found.Add(baseOffset);
            }
        }

        found.Sort();
        return found;
    }

    private void OpenSegments(List<long> baseOffsets)
    {
        for (var i = 0; i < baseOffsets.Count; i++)
        {
            var isLast = i == baseOffsets.Count - 1;
            if (!isLast && baseOffsets[i + 1] <= _checkpoint.LogStartOffset)
            {
                DeleteSegmentFiles(baseOffsets[i]);
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
        var segment = new Segment(Files.Open(path, FileMode.Open), baseOffset, _environment.NowMs)
        {
            LastAppendMs = Math.Min(modified, _environment.NowMs),
        };
        _segments.Add(segment);
        if (nextBase <= _verifyFrom && IndexFile.TryLoad(_directory, segment))
        {
            return;
        }

        var problem = Scan(segment, nextBase);
        var rest = segment.File.Length - segment.Size;
        if (problem is null && rest == 0)
        {
            return;
        }

        problem ??= "the last batch is cut off";
        if (segment.NextOffset < _checkpoint.RecoveryPoint && !_acceptLoss)
        {
            _damage = $"behind offset {segment.NextOffset} in '{Path.GetFileName(path)}' {problem}";
            return;
        }

        _reason = problem;
        _truncated += rest;
        segment.TruncateToSize();
    }

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
        DeleteSegmentFiles(baseOffset);
    }

    private void CreateFirstSegment()
    {
        // Offsets that were handed out once are never used again, even when the files that held them are gone.
        var start = Math.Max(_checkpoint.LogStartOffset, _checkpoint.RecoveryPoint);
        var file = Files.Open(PathOf(start, Segment.LogSuffix), FileMode.CreateNew);
        _segments.Add(new Segment(file, start, _environment.NowMs));
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

        var epochs = _checkpoint.Epochs;
        if (_reason is not null)
        {
            epochs = [.. epochs.Where(epoch => epoch.StartOffset < EndOffset), new(epochs[^1].Epoch + 1, EndOffset)];
            StorageLog.Cut(_environment.Log, _directory, EndOffset, _reason, _truncated);
        }

        var start = Math.Clamp(_checkpoint.LogStartOffset, _segments[0].BaseOffset, EndOffset);
        var recovered = new LogCheckpoint
        {
            LogStartOffset = start, RecoveryPoint = EndOffset, CleanedTo = Math.Min(_checkpoint.CleanedTo, EndOffset),
            Epochs = epochs,
        };
        if (recovered != _checkpoint)
        {
            recovered.Save(Files, _directory);
            _checkpoint = recovered;
        }
    }

    private void DeleteSegmentFiles(long baseOffset)
    {
        Files.Delete(PathOf(baseOffset, Segment.LogSuffix));
        Files.Delete(PathOf(baseOffset, Segment.IndexSuffix));
    }

    private string PathOf(long baseOffset, string suffix) =>
        Path.Combine(_directory, Segment.FileName(baseOffset, suffix));
}
