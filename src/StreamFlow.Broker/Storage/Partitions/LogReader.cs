using System.Buffers;

namespace StreamFlow.Broker.Storage;

/// <summary>What a read asks for.</summary>
internal readonly record struct ReadRequest(long Offset, int MaxBytes, bool AtLeastOneBatch, bool ReadCommitted);

/// <summary>Reads from a log's published segments without any lock.</summary>
internal static class LogReader
{
    private const int WalkBuffer = 4096;

    public static ReadResult Read(PartitionLog log, ReadRequest request, IBufferWriter<byte> destination)
    {
        // The stable offset before the watermark: both only grow, so it is never seen above it.
        var stable = log.LastStableOffset;
        var high = log.HighWatermark;
        var start = log.LogStartOffset;
        var error = Check(log, request.Offset, start);
        var (bytes, next) = (0, request.Offset);
        var upper = request.ReadCommitted ? stable : high;
        if (error == ErrorCode.None && request.Offset < upper)
        {
            (error, bytes, next) = ReadBatches(log, request, upper, destination);
        }

        var aborted = request.ReadCommitted ? AbortedIn(log.Producers, request.Offset, next) : null;
        return new ReadResult(error, bytes, next, high, stable, start, aborted);
    }

    public static long AvailableBytes(PartitionLog log, long offset, long upper)
    {
        if (Check(log, offset, log.LogStartOffset) != ErrorCode.None || offset >= upper)
        {
            return 0;
        }

        long total = 0;
        foreach (var segment in log.Segments)
        {
            if (segment.NextOffset > offset && segment.BaseOffset < upper && segment.TryAcquire())
            {
                try
                {
                    var from = offset < segment.BaseOffset ? 0 : LocateToRead(segment, offset);
                    var to = segment.NextOffset <= upper ? segment.Size : Locate(segment, upper, out _);
                    total += Math.Max(0, to - from);
                }
                finally
                {
                    segment.Release();
                }
            }
        }

        return total;
    }

    /// <summary>Finds the segment that holds an offset, or the first one behind it; -1 when there is none.</summary>
    public static int FindSegment(Segment[] segments, long offset)
    {
        int low = 0, high = segments.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].BaseOffset <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Max(0, low - 1);
    }

    private static ErrorCode Check(PartitionLog log, long offset, long start) => log.State switch
    {
        LogState.Offline => ErrorCode.KafkaStorageError,
        LogState.Closed => ErrorCode.UnknownTopicOrPartition,
        _ => offset < start || offset > log.LogEndOffset ? ErrorCode.OffsetOutOfRange : ErrorCode.None,
    };

    private static (ErrorCode Error, int Bytes, long Next) ReadBatches(
        PartitionLog log, ReadRequest request, long upper, IBufferWriter<byte> destination)
    {
        var segments = log.Segments;
        for (var i = FindSegment(segments, request.Offset); i < segments.Length; i++)
        {
            var segment = segments[i];
            if (segment.BaseOffset >= upper)
            {
                break;
            }

            if (!segment.TryAcquire())
            {
                // Deleted or replaced since the list was taken: look again in the current one.
                return Check(log, request.Offset, log.LogStartOffset) is not ErrorCode.None and var error
                    ? (error, 0, request.Offset)
                    : ReadBatches(log, request, upper, destination);
            }

            try
            {
                var position = Locate(segment, request.Offset, out var first);
                if (first.TotalSize > 0)
                {
                    return ReadFrom(segment, position, first, request, upper, destination);
                }

                // Below the upper end every batch was written whole; going on behind it would skip records in silence.
                if (request.Offset < segment.NextOffset)
                {
                    throw new IOException($"'{segment.File.Path}' no longer holds offset {request.Offset}.");
                }
            }
            catch (IOException e)
            {
                log.RefuseWrites(TroubleKind.Read, e);
                return (ErrorCode.KafkaStorageError, 0, request.Offset);
            }
            finally
            {
                segment.Release();
            }
        }

        return (ErrorCode.None, 0, request.Offset);
    }

    /// <summary>
    /// The position from which a read is about to be asked for, or asked for again when there is more: it is remembered, so
    /// that it is looked for once.
    /// </summary>
    private static int LocateToRead(Segment segment, long offset)
    {
        var position = Locate(segment, offset, out var header);
        if (header.TotalSize > 0 && segment.LastLocated?.Offset != offset)
        {
            segment.LastLocated = new LocatedBatch(offset, position, header);
        }

        return position;
    }

    /// <summary>The position of the batch that holds an offset, or of the first one behind it.</summary>
    private static int Locate(Segment segment, long offset, out BatchHeader header)
    {
        if (segment.LastLocated is { } last && last.Offset == offset)
        {
            header = last.Header;
            return last.Position;
        }

        var size = segment.Size;
        var from = segment.Index.FloorPosition(offset - segment.BaseOffset);
        var walker = new BatchWalker(segment.File, from, size, stackalloc byte[WalkBuffer]);
        while (walker.MoveNext())
        {
            if (walker.Current.LastOffset >= offset)
            {
                header = walker.Current;
                return (int)walker.Position;
            }
        }

        header = default;
        return size;
    }

    private static (ErrorCode Error, int Bytes, long Next) ReadFrom(
        Segment segment, int position, in BatchHeader first, ReadRequest request, long upper,
        IBufferWriter<byte> destination)
    {
        var wanted = request.AtLeastOneBatch ? Math.Max(request.MaxBytes, first.TotalSize) : request.MaxBytes;
        wanted = Math.Min(wanted, segment.Size - position);
        if (wanted < first.TotalSize || first.BaseOffset >= upper)
        {
            return (ErrorCode.None, 0, request.Offset);
        }

        var span = destination.GetSpan(wanted)[..wanted];
        if (segment.File.Read(span, position) < wanted)
        {
            throw new IOException($"'{segment.File.Path}' ends before byte {position + (long)wanted}.");
        }

        var (bytes, next) = WholeBatches(span, upper, request.Offset);
        destination.Advance(bytes);
        return (ErrorCode.None, bytes, next);
    }

    private static (int Bytes, long Next) WholeBatches(ReadOnlySpan<byte> span, long upper, long offset)
    {
        var (bytes, next) = (0, offset);
        while (BatchHeader.TryRead(span[bytes..], out var header)
            && header.TotalSize <= span.Length - bytes && header.BaseOffset < upper)
        {
            bytes += header.TotalSize;
            next = header.NextOffset;
        }

        return (bytes, next);
    }

    // Entries are in the order of their markers, so the first relevant one is found by bisection.
    private static List<AbortedTransaction> AbortedIn(ProducerStateTable producers, long offset, long next)
    {
        var entries = producers.Aborted;
        var found = new List<AbortedTransaction>();
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].LastOffset < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        for (var i = low; i < entries.Length; i++)
        {
            if (entries[i].FirstOffset < next)
            {
                found.Add(entries[i]);
            }

            if (entries[i].LastStableOffset >= next)
            {
                break;
            }
        }

        found.Sort(static (left, right) => left.FirstOffset.CompareTo(right.FirstOffset));
        return found;
    }
}
