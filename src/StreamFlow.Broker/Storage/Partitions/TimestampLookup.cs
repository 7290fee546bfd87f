using System.Buffers;

namespace StreamFlow.Broker.Storage;

/// <summary>Finds records by timestamp: the segment by its largest one, the batch by the index.</summary>
internal static class TimestampLookup
{
    private const int WalkBuffer = 8192;

    /// <exception cref="CompressionLimitException">The request's budget is spent.</exception>
    public static TimestampOffset FirstAtOrAfter(
        PartitionLog log, long timestamp, long upper, DecompressionBudget budget)
    {
        TimestampOffset found;
        while (!TryFirstAtOrAfter(log, timestamp, upper, budget, out found))
        {
            // A segment was deleted or replaced meanwhile: the list published before that names its successor.
        }

        return found;
    }

    /// <inheritdoc cref="FirstAtOrAfter"/>
    public static TimestampOffset Latest(PartitionLog log, DecompressionBudget budget)
    {
        while (true)
        {
            Segment? best = null;
            foreach (var segment in log.Segments)
            {
                if (segment.MaxTimestamp >= 0 && segment.NextOffset > log.LogStartOffset
                    && segment.MaxTimestamp > (best?.MaxTimestamp ?? -1))
                {
                    best = segment;
                }
            }

            if (best is null || log.State is LogState.Offline or LogState.Closed)
            {
                return TimestampOffset.None;
            }

            if (best.TryAcquire())
            {
                return LatestIn(log, best, budget);
            }
        }
    }

    private static bool TryFirstAtOrAfter(
        PartitionLog log, long timestamp, long upper, DecompressionBudget budget, out TimestampOffset found)
    {
        found = TimestampOffset.None;
        foreach (var segment in log.Segments)
        {
            if (segment.MaxTimestamp < timestamp || log.State is LogState.Offline or LogState.Closed)
            {
                continue;
            }

            if (!segment.TryAcquire())
            {
                return false;
            }

            try
            {
                found = SearchSegment(log, segment, timestamp, upper, budget);
            }
            finally
            {
                segment.Release();
            }

            if (found.Offset >= 0)
            {
                found = found.Offset < upper ? found : TimestampOffset.None;
                return true;
            }
        }

        return true;
    }

    private static TimestampOffset LatestIn(PartitionLog log, Segment segment, DecompressionBudget budget)
    {
        try
        {
            // The segment's own maximum may belong to a record below the log start or above the watermark.
            var max = MaxTimestampAbove(segment, log.LogStartOffset, log.HighWatermark);
            return max < 0 ? TimestampOffset.None : SearchSegment(log, segment, max, log.HighWatermark, budget);
        }
        finally
        {
            segment.Release();
        }
    }

    private static long MaxTimestampAbove(Segment segment, long start, long upper)
    {
        var walker = new BatchWalker(segment.File, 0, segment.Size, stackalloc byte[WalkBuffer]);
        long max = -1;
        while (walker.MoveNext() && walker.Current.BaseOffset < upper)
        {
            if (walker.Current.LastOffset >= start && !walker.Current.IsControl)
            {
                max = Math.Max(max, walker.Current.MaxTimestamp);
            }
        }

        return max;
    }

    private static TimestampOffset SearchSegment(
        PartitionLog log, Segment segment, long timestamp, long upper, DecompressionBudget budget)
    {
        var from = segment.Index.FloorPositionForTimestamp(timestamp);
        var walker = new BatchWalker(segment.File, from, segment.Size, stackalloc byte[WalkBuffer]);
        while (walker.MoveNext() && walker.Current.BaseOffset < upper)
        {
            var header = walker.Current;
            if (header.MaxTimestamp < timestamp || header.IsControl || header.LastOffset < log.LogStartOffset)
            {
                continue;
            }

            var found = SearchBatch(
                segment, (int)walker.Position, header, timestamp, log.LogStartOffset, budget);
            if (found.Offset >= 0)
            {
                return found;
            }
        }

        return TimestampOffset.None;
    }

    private static TimestampOffset SearchBatch(
        Segment segment, int position, in BatchHeader header, long timestamp, long start,
        DecompressionBudget budget)
    {
        if (header.IsLogAppendTime)
        {
            return new TimestampOffset(Math.Max(header.BaseOffset, start), header.MaxTimestamp, header.LeaderEpoch);
        }

        var size = header.TotalSize - RecordBatch.HeaderSize;
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var read = segment.File.Read(buffer.AsSpan(0, size), position + RecordBatch.HeaderSize);
            return SearchRecords(header, buffer.AsSpan(0, read), timestamp, start, budget);
        }
        catch (Exception e) when ((e is CompressionLimitException && !budget.IsSpent) || e is InvalidDataException)
        {
            // No reader gets further than this batch either; its first record comes before whatever is looked for.
            var first = header.BaseTimestamp >= timestamp ? header.BaseTimestamp : header.MaxTimestamp;
            return new TimestampOffset(Math.Max(header.BaseOffset, start), first, header.LeaderEpoch);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static TimestampOffset SearchRecords(
        in BatchHeader header, ReadOnlySpan<byte> records, long timestamp, long start, DecompressionBudget budget)
    {
        using var scanner = new RecordScanner(header, records, DecompressionLimits.Default, budget);
        while (scanner.MoveNext())
        {
            if (scanner.Timestamp >= timestamp && scanner.Offset >= start)
            {
                return new TimestampOffset(scanner.Offset, scanner.Timestamp, header.LeaderEpoch);
            }
        }

        return scanner.IsCorrupt
            ? throw new InvalidDataException($"Record {scanner.Index} of the batch is malformed.")
            : TimestampOffset.None;
    }
}
