using System.Buffers;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// The log of one partition. Appends take turns under one lock; reads take none: they work on a published list of
/// segments and published offsets. Durability and the files beside the log are <see cref="LogDurability"/>'s,
/// deleting and rewriting old segments is <see cref="LogCleaner"/>'s.
/// </summary>
internal sealed partial class PartitionLog : IDisposable
{
    private readonly OrderedLock _gate = new(LockRank.Log);
    private readonly LogEnvironment _environment;
    private readonly LogDurability _durability;
    private readonly LogCleaner _cleaner;
    private volatile LogOptions _options;
    private volatile Segment[] _segments;
    private volatile int _state;
    private long _logStartOffset;
    private long _logEndOffset;
    private long _flushedEndOffset;
    private long _highWatermark;
    private long _lastStableOffset;

    private PartitionLog(string directory, LogOptions options, LogEnvironment environment, RecoveredLog recovered)
    {
        LogDirectory = directory;
        _options = options;
        _environment = environment;
        _segments = recovered.Segments;
        Producers = recovered.Producers;
        environment.Producers.Recount(Producers, ref _countedProducers);
        Epochs = recovered.Checkpoint.Epochs;
        Recovery = recovered.Report;
        _logStartOffset = recovered.Checkpoint.LogStartOffset;
        _flushedEndOffset = _highWatermark = _logEndOffset = recovered.EndOffset;
        _lastStableOffset = Producers.StableOffset(_logStartOffset, _highWatermark);
        _durability = new LogDurability(this, environment, recovered);
        _cleaner = new LogCleaner(this, environment);
        BeginWith(recovered);
    }

    /// <summary>
    /// Raised when the high watermark or the last stable offset moved, or the log went offline or was closed: waiting
    /// fetches look again. Runs on an appending or flushing thread, outside all locks, and must return at once.
    /// </summary>
    public event Action<PartitionLog>? Advanced;

    public string LogDirectory { get; }

    public LogOptions Options => _options;

    public RecoveryReport Recovery { get; }

    public LogState State => (LogState)_state;

    public bool IsOffline => State == LogState.Offline;

    public bool IsClosed => State == LogState.Closed;

    public long LogStartOffset => Volatile.Read(ref _logStartOffset);

    public long LogEndOffset => Volatile.Read(ref _logEndOffset);

    /// <summary>The end of what consumers may see: under fsync per append, the end of what is durable.</summary>
    public long HighWatermark => Volatile.Read(ref _highWatermark);

    /// <summary>The end of what read-committed consumers may see.</summary>
    public long LastStableOffset => Volatile.Read(ref _lastStableOffset);

    public int LeaderEpoch => Epochs[^1].Epoch;

    /// <summary>Once closed: everything is durable, and the next start has nothing to verify.</summary>
    public bool StoppedInOrder { get; private set; }

    internal OrderedLock Gate => _gate;

    internal Segment[] Segments => _segments;

    internal ProducerStateTable Producers { get; private set; }

    internal EpochStart[] Epochs { get; private set; }

    internal LogDurability Durability => _durability;

    /// <summary>Opens or creates the log in a directory, recovering it from whatever state a crash left.</summary>
    /// <exception cref="IOException">The directory cannot be created, read or repaired.</exception>
    public static PartitionLog Open(string directory, LogOptions options, TimeProvider time) =>
        Open(directory, options, new LogEnvironment { Time = time });

    /// <inheritdoc cref="Open(string, LogOptions, TimeProvider)"/>
    public static PartitionLog Open(string directory, LogOptions options, LogEnvironment environment)
    {
        var recovered = LogRecovery.Recover(Path.GetFullPath(directory), options, environment);
        var log = new PartitionLog(Path.GetFullPath(directory), options, environment, recovered);
        if (log.State == LogState.ReadOnly)
        {
            log.ReportTrouble();
        }

        return log;
    }

    /// <summary>
    /// Appends exactly one batch, assigning its offsets in place. When this returns success the bytes are with the
    /// operating system; await <see cref="WaitDurableAsync"/> before acknowledging.
    /// </summary>
    public AppendResult Append(Span<byte> batch, AppendOrigin origin, DecompressionBudget? budget = null)
    {
        var options = _options;
        var now = _environment.NowMs;
        var error = BatchValidator.Check(batch, origin, options, out var header, out var message);
        using var inspection =
            error == ErrorCode.None ? RecordInspection.For(header, origin, options, now, budget) : null;
        error = inspection?.Run(ref batch, ref header) ?? error;
        if (error != ErrorCode.None)
        {
            return Refused(error, message ?? inspection?.Message) with { Rejected = inspection?.Rejected };
        }

        var appendTime = BatchClock.Stamp(batch, options.MessageTimestampType, now, ref header);
        AppendResult result;
        bool rolled;
        Exception? failure;
        var before = HighWatermark;
        using (_gate.Enter())
        {
            result = AppendLocked(batch, header, origin, now, out rolled, out failure);
        }

        if (failure is not null)
        {
            ReportTrouble();
        }

        if (result is { IsSuccess: true, IsDuplicate: false })
        {
            _durability.AfterAppend(options, rolled, header.RecordCount);
            if (HighWatermark != before)
            {
                RaiseAdvanced();
            }

            if (options.FlushPolicy == FlushPolicy.EveryAppend && !MayFlush)
            {
                return Refused(ErrorCode.KafkaStorageError, "The batch could not be flushed to disk.");
            }
        }

        return result with { LogAppendTimeMs = appendTime };
    }

    /// <summary>
    /// Completes when everything below <paramref name="endOffset"/> satisfies the flush policy: at once unless that
    /// is fsync per append. Answers <see cref="ErrorCode.KafkaStorageError"/> when the disk failed meanwhile.
    /// </summary>
    public ValueTask<ErrorCode> WaitDurableAsync(long endOffset) =>
        _options.FlushPolicy == FlushPolicy.EveryAppend
            ? _durability.WaitAsync(endOffset)
            : new ValueTask<ErrorCode>(MayFlush ? ErrorCode.None : ErrorCode.KafkaStorageError);

    /// <summary>Appends and waits until the batch satisfies the flush policy.</summary>
    public async ValueTask<AppendResult> AppendDurableAsync(Memory<byte> batch, AppendOrigin origin)
    {
        var result = Append(batch.Span, origin);
        if (!result.IsSuccess)
        {
            return result;
        }

        var error = await WaitDurableAsync(result.EndOffset).ConfigureAwait(false);
        return error == ErrorCode.None ? result : Refused(error, "The batch could not be flushed to disk.");
    }

    /// <summary>A barrier whatever the policy: completes when everything appended so far is fsynced.</summary>
    public ValueTask<ErrorCode> FlushAsync() => _durability.WaitAsync(LogEndOffset);

    /// <summary>
    /// Copies whole batches from <paramref name="offset"/> on, opaque, to the destination: at most
    /// <paramref name="maxBytes"/>, but one batch in any case if asked so. Read committed ends at the last stable
    /// offset and lists the aborted transactions in the range.
    /// </summary>
    public ReadResult Read(
        long offset, int maxBytes, bool atLeastOneBatch, bool readCommitted, IBufferWriter<byte> destination) =>
        LogReader.Read(this, new ReadRequest(offset, maxBytes, atLeastOneBatch, readCommitted), destination);

    /// <summary>How many bytes a read without limit would return; for honouring min_bytes without reading.</summary>
    public long AvailableBytes(long offset, bool readCommitted) =>
        LogReader.AvailableBytes(this, offset, readCommitted ? LastStableOffset : HighWatermark);

    /// <summary>
    /// The first record with at least this timestamp. The first record of a batch that cannot be opened stands for all of it.
    /// </summary>
    /// <exception cref="CompressionLimitException">The request's budget is spent.</exception>
    public TimestampOffset OffsetForTimestamp(long timestamp, bool readCommitted, DecompressionBudget? budget = null) =>
        TimestampLookup.FirstAtOrAfter(
            this, timestamp, readCommitted ? LastStableOffset : HighWatermark, budget ?? new DecompressionBudget());

    /// <summary>The first record among those with the largest timestamp.</summary>
    /// <exception cref="CompressionLimitException">The request's budget is spent.</exception>
    public TimestampOffset OffsetOfMaxTimestamp(DecompressionBudget? budget = null) =>
        TimestampLookup.Latest(this, budget ?? new DecompressionBudget());

    /// <summary>Where a leader epoch ends; see <see cref="LeaderEpochHistory.EndOf"/>.</summary>
    public (int Epoch, long EndOffset) EndOffsetForEpoch(int epoch) =>
        LeaderEpochHistory.EndOf(Epochs, epoch, LogEndOffset);

    /// <summary>
    /// Moves the log start to an offset, -1 for the high watermark; durable when this returns. Moving it backwards
    /// changes nothing.
    /// </summary>
    public ErrorCode DeleteRecordsBefore(long offset, out long lowWatermark)
    {
        var target = offset == -1 ? HighWatermark : offset;
        lowWatermark = -1;
        if (target < 0 || target > HighWatermark)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        var error = State is LogState.Online or LogState.ReadOnly ? _durability.MoveLogStart(target) : ErrorCode.KafkaStorageError;
        if (error == ErrorCode.None)
        {
            lowWatermark = LogStartOffset;
            _cleaner.DropSegmentsBelowStart();
            RaiseAdvanced();
        }

        return error;
    }

    /// <summary>Takes changed topic settings; they hold from the next append on.</summary>
    public void UpdateOptions(LogOptions options)
    {
        _options = options;
        using (_gate.Enter())
        {
            PublishLocked();
        }

        RaiseAdvanced();
    }

    /// <summary>Flushes, writes snapshot and checkpoint, closes. The next open then has nothing to scan.</summary>
    public void Dispose() => Close(flush: true);

    /// <summary>Closes without writing anything, for a partition about to be deleted.</summary>
    public void Discard() => Close(flush: false);

    internal void FlushQueued() => _durability.FlushQueued();

    /// <summary>Publishes what an fsync made durable; true when consumers see more by it.</summary>
    internal bool MarkFlushed(long endOffset)
    {
        using (_gate.Enter())
        {
            Volatile.Write(ref _flushedEndOffset, Math.Max(_flushedEndOffset, endOffset));
            return PublishLocked();
        }
    }

    internal long FlushedEndOffset => Volatile.Read(ref _flushedEndOffset);

    internal void PublishLogStart(long offset)
    {
        using (_gate.Enter())
        {
            Volatile.Write(ref _logStartOffset, offset);
            Producers.ForgetAbortedBelow(offset);
            PublishLocked();
        }
    }

    /// <summary>Replaces the list of segments; under the gate, and never the active one.</summary>
    internal void ReplaceSegments(Segment[] segments) => _segments = segments;

    /// <summary>Closes the active segment so that retention can have it; under the gate.</summary>
    internal void RollLocked(long nowMs)
    {
        var closed = _segments[^1];
        var path = Path.Combine(LogDirectory, Segment.FileName(_logEndOffset, Segment.LogSuffix));
        var file = _environment.Files.Open(path, FileMode.Create);
        _durability.NoteRoll(closed, ProducerSnapshot.Serialize(Producers, _logEndOffset), _logEndOffset);
        _segments = [.. _segments, new Segment(file, _logEndOffset, nowMs)];
    }

    internal void RaiseAdvanced() => Advanced?.Invoke(this);

    private AppendResult AppendLocked(
        Span<byte> batch, in BatchHeader header, AppendOrigin origin, long now, out bool rolled,
        out Exception? failure)
    {
        rolled = false;
        failure = null;
        if (State != LogState.Online)
        {
            return IsClosed
                ? Refused(ErrorCode.UnknownTopicOrPartition, "The partition was deleted.")
                : Refused(ErrorCode.KafkaStorageError, $"The partition takes no writes: {_trouble?.Reason}");
        }

        var error = CheckProducer(batch, header, origin, out var duplicate);
        if (duplicate.FirstOffset >= 0)
        {
            return new AppendResult(
                ErrorCode.None, duplicate.FirstOffset, duplicate.LastOffset + 1, -1, LogStartOffset, IsDuplicate: true);
        }

        if (error != ErrorCode.None)
        {
            return Refused(error, null);
        }

        var baseOffset = _logEndOffset;
        RecordBatch.AssignOffset(batch, baseOffset, LeaderEpoch);
        _ = BatchHeader.TryRead(batch, out var assigned);
        try
        {
            rolled = WriteLocked(batch, assigned, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RefuseWritesLocked(TroubleKind.Write, e, batch.Length);
            failure = e;
            return Refused(ErrorCode.KafkaStorageError, $"The batch could not be written to disk: {e.Message}");
        }

        ApplyLocked(batch, assigned, now);
        return new AppendResult(ErrorCode.None, baseOffset, assigned.NextOffset, -1, LogStartOffset);
    }

    private ErrorCode CheckProducer(
        ReadOnlySpan<byte> batch, in BatchHeader header, AppendOrigin origin, out ProducedBatch duplicate)
    {
        var error = Producers.Check(header, origin, out duplicate);
        return error == ErrorCode.None && origin.IsForeign()
            && ControlRecord.TryRead(batch, out _, out var coordinatorEpoch)
                ? Producers.CheckForeignMarker(header, origin, coordinatorEpoch)
                : error;
    }

    private bool WriteLocked(ReadOnlySpan<byte> batch, in BatchHeader header, long now)
    {
        var active = _segments[^1];
        var options = _options;
        var aged = active.Size > 0 && now - active.CreatedMs >= options.SegmentMs;
        var rolled = aged
            || (active.Size > 0 && !active.HasRoomFor(batch.Length, header.LastOffset, options.SegmentBytes));
        if (rolled)
        {
            RollLocked(now);
            active = _segments[^1];
        }

        if (active.Size == 0)
        {
            active.CreatedMs = now;
        }

        active.Append(batch, header, options.IndexIntervalBytes);
        active.LastAppendMs = now;
        return rolled;
    }

    private void ApplyLocked(ReadOnlySpan<byte> batch, in BatchHeader header, long now)
    {
        if (header.IsControl)
        {
            _ = ControlRecord.TryRead(batch, out var isCommit, out var coordinatorEpoch);
            Producers.ApplyMarker(header, header.BaseOffset, isCommit, coordinatorEpoch, now);
        }
        else
        {
            Producers.ApplyData(header, header.BaseOffset, now);
        }

        RecountProducers();

        Volatile.Write(ref _logEndOffset, header.NextOffset);
        PublishLocked();
    }

    // One node: the high watermark is the log end, or the durable end where only durable records count.
    private bool PublishLocked()
    {
        var end = _options.FlushPolicy == FlushPolicy.EveryAppend ? _flushedEndOffset : _logEndOffset;
        var high = Math.Max(_highWatermark, end);
        var stable = Producers.StableOffset(_logStartOffset, high);
        var moved = high != _highWatermark || stable != _lastStableOffset;
        Volatile.Write(ref _highWatermark, high);
        Volatile.Write(ref _lastStableOffset, stable);
        return moved;
    }

    private AppendResult Refused(ErrorCode error, string? message) =>
        new(error, -1, -1, -1, LogStartOffset, Message: message);
}
