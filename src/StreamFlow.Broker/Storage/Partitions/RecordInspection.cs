using System.Buffers.Binary;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// Looks at the single records of a batch a client sent, where something depends on them: keys on compacted topics,
/// timestamps that may be out of range, a topic that wants another codec. All other batches stay closed, which is most of
/// what a produce costs.
/// </summary>
internal sealed class RecordInspection(LogOptions options, long nowMs, DecompressionBudget? budget) : IDisposable
{
    private PooledBuffer? _rewritten;
    private string? _message;

    /// <summary>What is wrong, in a sentence; null where <see cref="Rejected"/> says it.</summary>
    public string? Message => _message;

    public RejectedRecords? Rejected { get; private set; }

    /// <summary>
    /// Checks a batch and makes it what the topic wants: its codec, and whose clock its timestamps are of.
    /// </summary>
    /// <param name="batch">The batch; in the topic's codec afterwards, and then valid until this is disposed of.</param>
    /// <param name="origin">Who wrote it.</param>
    /// <param name="header">Its header.</param>
    /// <param name="appendTimeMs">The broker's time where timestamps are that, else -1.</param>
    public ErrorCode Prepare(ref Span<byte> batch, AppendOrigin origin, out BatchHeader header, out long appendTimeMs)
    {
        appendTimeMs = -1;
        var error = BatchValidator.Check(batch, origin, options, out header, out _message);
        if (error == ErrorCode.None && origin == AppendOrigin.Client)
        {
            error = Inspect(batch, header);
        }

        if (error != ErrorCode.None)
        {
            return error;
        }

        batch = _rewritten is null ? batch : _rewritten.Written;
        if (!ChecksTimestamps)
        {
            appendTimeMs = nowMs;
            RecordBatch.StampLogAppendTime(batch, nowMs);
        }
        else if (header.IsLogAppendTime)
        {
            RecordBatch.StampCreateTime(batch);
        }

        _ = BatchHeader.TryRead(batch, out header);
        return ErrorCode.None;
    }

    public void Dispose() => _rewritten?.Dispose();

    private ErrorCode Inspect(ReadOnlySpan<byte> batch, in BatchHeader header)
    {
        var codec = options.Codec ?? header.Codec;
        if (codec == header.Codec && !options.IsCompacted && !MayBeOutOfRange(header))
        {
            return ErrorCode.None;
        }

        try
        {
            return codec == header.Codec ? Scan(batch, header, null, out _) : Recompress(batch, header, codec);
        }
        catch (InvalidDataException e)
        {
            _message = $"The batch's {header.Codec} records cannot be read: {e.Message}";
            return ErrorCode.InvalidRecord;
        }
        catch (CompressionLimitException e)
        {
            // A batch of its own is cut up by its producer; one that only came too late in a request may come again.
            _message = e.Message;
            return budget is { IsSpent: true } ? ErrorCode.RequestTimedOut : ErrorCode.MessageTooLarge;
        }
    }

    private long EarliestMs => unchecked(nowMs - options.MessageTimestampBeforeMaxMs);

    private long LatestMs => unchecked(nowMs + options.MessageTimestampAfterMaxMs);

    private bool ChecksTimestamps => options.MessageTimestampType == TimestampType.CreateTime;

    // The header tells the largest timestamp but not the smallest.
    private bool MayBeOutOfRange(in BatchHeader header) =>
        ChecksTimestamps && (options.MessageTimestampBeforeMaxMs != long.MaxValue || IsTooLate(header.MaxTimestamp));

    private bool IsTooLate(long timestamp) =>
        timestamp > nowMs && timestamp - nowMs > options.MessageTimestampAfterMaxMs;

    private bool IsTooEarly(long timestamp) =>
        timestamp < nowMs && timestamp != RecordBatch.NoTimestamp && nowMs - timestamp > options.MessageTimestampBeforeMaxMs;

    private ErrorCode Recompress(ReadOnlySpan<byte> batch, in BatchHeader header, CompressionCodec codec)
    {
        _rewritten = new PooledBuffer(options.MaxMessageBytes);
        _rewritten.Append(batch[..RecordBatch.HeaderSize]);
        using var compressor = Compressor.Create(codec, options.CompressionLevelOf(codec), _rewritten);
        var error = Scan(batch, header, compressor, out var maxTimestamp);
        if (error != ErrorCode.None)
        {
            return error;
        }

        compressor.Finish();
        var rewritten = _rewritten.Written;
        BinaryPrimitives.WriteInt32BigEndian(
            rewritten[RecordBatch.LengthAt..], rewritten.Length - RecordBatch.LengthOverhead);
        BinaryPrimitives.WriteInt16BigEndian(
            rewritten[RecordBatch.AttributesAt..],
            (short)(((ushort)header.Attributes & ~RecordBatch.CodecMask) | (int)codec));
        BinaryPrimitives.WriteInt64BigEndian(rewritten[RecordBatch.MaxTimestampAt..], maxTimestamp);
        RecordBatch.WriteCrc(rewritten);
        return ErrorCode.None;
    }

    private ErrorCode Scan(
        ReadOnlySpan<byte> batch, in BatchHeader header, Compressor? copy, out long maxTimestamp)
    {
        maxTimestamp = RecordBatch.NoTimestamp;
        using var scanner = new RecordScanner(
            header, batch[RecordBatch.HeaderSize..], DecompressionLimits.Default, budget, copy);
        while (scanner.MoveNext())
        {
            var timestamp = scanner.Timestamp;
            maxTimestamp = Math.Max(maxTimestamp, timestamp);
            if (options.IsCompacted && !scanner.HasKey)
            {
                (Rejected ??= new RejectedRecords(EarliestMs, LatestMs)).AddKeyless(scanner.Index, scanner.Offset);
            }
            else if (ChecksTimestamps && (IsTooLate(timestamp) || IsTooEarly(timestamp)))
            {
                (Rejected ??= new RejectedRecords(EarliestMs, LatestMs))
                    .AddTimestamp(scanner.Index, scanner.Offset, timestamp);
            }
        }

        if (scanner.IsCorrupt)
        {
            _message = $"Record {scanner.Index} of the batch is malformed, or the batch has more than the {header.RecordCount} it says.";
            return ErrorCode.InvalidRecord;
        }

        return Rejected?.Error ?? ErrorCode.None;
    }
}
