namespace StreamFlow.Broker.Storage;

/// <summary>
/// Decides, batch by batch in the order of the log, what compaction keeps. Kept are: the last record of every key,
/// tombstones until their horizon, committed records like plain ones, batches that cannot be opened, and, emptied if need
/// be, the last batch of a producer so that its sequence survives.
/// </summary>
internal sealed class CompactionFilter(
    KeyOffsetMap latest, long mappedTo, AbortedRanges aborted, Dictionary<long, long> lastBatches,
    CompactionClock clock, Func<CompressionCodec, int> levelOf) : IDisposable
{
    private readonly BatchRewriter _rewriter = new() { LevelOf = levelOf };
    private readonly PooledBuffer _opened = new(int.MaxValue);
    private readonly HashSet<long> _retainedTransactions = [];

    /// <summary>Offsets of abort markers left out: their transactions are to be forgotten first.</summary>
    public HashSet<long> DroppedMarkers { get; } = [];

    /// <summary>The earliest horizon of a tombstone or marker that was kept.</summary>
    public long NextHorizonMs { get; private set; } = long.MaxValue;

    /// <summary>How many batches were kept whole because they could not be opened.</summary>
    public int OpaqueBatches { get; private set; }

    /// <summary>The offset of the first of them, and why.</summary>
    public (long Offset, string Problem) FirstOpaque { get; private set; }

    /// <summary>What remains of a batch; empty when it goes.</summary>
    /// <param name="batch">The batch as stored.</param>
    /// <param name="header">Its header.</param>
    /// <param name="mustStay">Keeps it even if emptied: it marks the end of its segment.</param>
    public ReadOnlySpan<byte> Filter(ReadOnlySpan<byte> batch, in BatchHeader header, bool mustStay)
    {
        if (header.BaseOffset >= mappedTo)
        {
            return batch;
        }

        if (header.IsControl)
        {
            return FilterMarker(batch, header, mustStay);
        }

        var isAborted = aborted.Contains(header);
        string? problem = null;
        ReadOnlySpan<byte> records = default;
        if (!isAborted && !RecordSection.TryOpen(batch, header, _opened, out records, out problem))
        {
            return KeepOpaque(batch, header, problem!);
        }

        var plan = isAborted ? default : Plan(header, records);
        if (plan.IsCorrupt)
        {
            return KeepOpaque(batch, header, "its records are malformed");
        }

        var isUnchanged = plan.Kept == header.RecordCount && plan.NewHorizon is null && header.RecordCount > 0;
        mustStay |= lastBatches.TryGetValue(header.ProducerId, out var last) && last == header.LastOffset;
        if (plan.Kept == 0 && !mustStay)
        {
            return default;
        }

        NoteRetained(header);
        return isUnchanged ? batch : Rewrite(batch, header, records, plan);
    }

    public void Dispose()
    {
        _rewriter.Dispose();
        _opened.Dispose();
    }

    private ReadOnlySpan<byte> KeepOpaque(ReadOnlySpan<byte> batch, in BatchHeader header, string problem)
    {
        FirstOpaque = OpaqueBatches++ == 0 ? (header.BaseOffset, problem) : FirstOpaque;
        NoteRetained(header);
        return batch;
    }

    private BatchPlan Plan(in BatchHeader header, ReadOnlySpan<byte> records)
    {
        var reader = new RecordReader(header, records);
        var (kept, keepsTombstone) = (0, false);
        while (reader.MoveNext())
        {
            if (Keeps(reader, header))
            {
                kept++;
                keepsTombstone |= !reader.HasValue;
            }
        }

        if (keepsTombstone)
        {
            NoteHorizon(header);
        }

        var horizon = keepsTombstone && !header.HasDeleteHorizon ? clock.NewHorizonMs : (long?)null;
        return new BatchPlan(kept, horizon, reader.IsCorrupt);
    }

    private bool Keeps(in RecordReader record, in BatchHeader header)
    {
        if (!record.HasKey || latest.IsSuperseded(record.Key, record.Offset))
        {
            return false;
        }

        // A tombstone must outlive whatever it may hide in a batch that could not be looked into.
        return record.HasValue || OpaqueBatches > 0 || !header.HasDeleteHorizon || header.BaseTimestamp > clock.NowMs;
    }

    private ReadOnlySpan<byte> Rewrite(
        ReadOnlySpan<byte> batch, in BatchHeader header, ReadOnlySpan<byte> records, BatchPlan plan)
    {
        _rewriter.Start(batch, header, plan.NewHorizon);
        if (plan.Kept > 0)
        {
            var reader = new RecordReader(header, records);
            while (reader.MoveNext())
            {
                if (Keeps(reader, header))
                {
                    _rewriter.Keep(reader, header);
                }
            }
        }

        return _rewriter.Finish();
    }

    // A marker goes when nothing of its transaction is left and readers had the time to see it.
    private ReadOnlySpan<byte> FilterMarker(ReadOnlySpan<byte> batch, in BatchHeader header, bool mustStay)
    {
        if (_retainedTransactions.Remove(header.ProducerId))
        {
            return batch;
        }

        if (header.HasDeleteHorizon)
        {
            if (header.BaseTimestamp <= clock.NowMs && !mustStay)
            {
                DroppedMarkers.Add(header.BaseOffset);
                return default;
            }

            NoteHorizon(header);
            return batch;
        }

        NoteHorizon(header);
        _rewriter.Start(batch, header, clock.NewHorizonMs);
        var reader = new RecordReader(batch);
        while (reader.MoveNext())
        {
            _rewriter.Keep(reader, header);
        }

        return reader.IsCorrupt ? batch : _rewriter.Finish();
    }

    private void NoteRetained(in BatchHeader header)
    {
        if (header.IsTransactional)
        {
            _retainedTransactions.Add(header.ProducerId);
        }
    }

    /// <summary>What stays although its time is over waits for other things to change: no round is due for it alone.</summary>
    private void NoteHorizon(in BatchHeader header)
    {
        var horizonMs = header.HasDeleteHorizon ? header.BaseTimestamp : clock.NewHorizonMs;
        if (!header.HasDeleteHorizon || horizonMs > clock.NowMs)
        {
            NextHorizonMs = Math.Min(NextHorizonMs, horizonMs);
        }
    }

    private readonly record struct BatchPlan(int Kept, long? NewHorizon, bool IsCorrupt);
}

/// <summary>The time of a compaction round.</summary>
/// <param name="NowMs">The broker's time when it began.</param>
/// <param name="NewHorizonMs">Until when tombstones met for the first time stay.</param>
internal readonly record struct CompactionClock(long NowMs, long NewHorizonMs);
