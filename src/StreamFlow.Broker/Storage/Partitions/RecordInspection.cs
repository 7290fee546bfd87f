using System.Buffers.Binary;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// Looks at the single records of a batch a client sent, where something depends on them: keys on compacted topics,
/// timestamps that may be out of range, a topic that wants another codec. All other batches stay closed, which is most of
/// what a produce costs.
/// </summary>
internal sealed class RecordInspection : IDisposable
{
    private readonly LogOptions _options;
    private readonly long _nowMs;
    private readonly DecompressionBudget? _budget;
    private PooledBuffer? _rewritten;

    private RecordInspection(LogOptions options, long nowMs, DecompressionBudget? budget)
    {
        _options = options;
        _nowMs = nowMs;
        _budget = budget;
    }

    /// <summary>What is wrong, in a sentence; null where <see cref="Rejected"/> says it.</summary>
    public string? Message { get; private set; }

    public RejectedRecords? Rejected { get; private set; }

    private long EarliestMs => unchecked(_nowMs - _options.MessageTimestampBeforeMaxMs);

    private long LatestMs => unchecked(_nowMs + _options.MessageTimestampAfterMaxMs);

    /// <summary>What is needed to look into a batch whose header was checked before; null when it can stay closed.</summary>
    public static RecordInspection? For(
        in BatchHeader header, AppendOrigin origin, LogOptions options, long nowMs, DecompressionBudget? budget) =>
        origin == AppendOrigin.Client
        && (options.IsCompacted || (options.Codec ?? header.Codec) != header.Codec || MayBeOutOfRange(header, options, nowMs))
            ? new RecordInspection(options, nowMs, budget)
            : null;

    /// <summary>Checks the records.</summary>
    /// <param name="batch">The batch; in the topic's codec afterwards, and then valid until this is disposed of.</param>
    /// <param name="header">Its header.</param>
    public ErrorCode Run(ref Span<byte> batch, ref BatchHeader header)
    {
        var error = Inspect(batch, header, out var maxTimestamp);
        if (error == ErrorCode.None && _rewritten is not null)
        {
            batch = _rewritten.Written;
            _ = BatchHeader.TryRead(batch, out header);
        }
        else if (error == ErrorCode.None && maxTimestamp != header.MaxTimestamp)
        {
            // Retention and look-ups go by the header: a time in the future would keep the segment for ever.
            BinaryPrimitives.WriteInt64BigEndian(batch[RecordBatch.MaxTimestampAt..], maxTimestamp);
            RecordBatch.WriteCrc(batch);
            _ = BatchHeader.TryRead(batch, out header);
        }

        return error;
    }

    public void Dispose() => _rewritten?.Dispose();

    // The header tells the largest timestamp but not the smallest.
    private static bool MayBeOutOfRange(in BatchHeader header, LogOptions options, long nowMs) =>
        options.MessageTimestampType == TimestampType.CreateTime
        && (options.MessageTimestampBeforeMaxMs != long.MaxValue || IsTooLate(header.MaxTimestamp, options, nowMs));

    private static bool IsTooLate(long timestamp, LogOptions options, long nowMs) =>
        timestamp > nowMs && timestamp - nowMs > options.MessageTimestampAfterMaxMs;

    private static bool IsTooEarly(long timestamp, LogOptions options, long nowMs) =>
        timestamp < nowMs && timestamp != RecordBatch.NoTimestamp
        && nowMs - timestamp > options.MessageTimestampBeforeMaxMs;

    private ErrorCode Inspect(ReadOnlySpan<byte> batch, in BatchHeader header, out long maxTimestamp)
    {
        maxTimestamp = RecordBatch.NoTimestamp;
        var codec = _options.Codec ?? header.Codec;
        try
        {
            return codec == header.Codec ? Scan(batch, header, null, out maxTimestamp) : Recompress(batch, header, codec);
        }
        catch (InvalidDataException e)
        {
            Message = $"The batch's {header.Codec} records cannot be read: {e.Message}";
            return ErrorCode.InvalidRecord;
        }
        catch (CompressionLimitException e)
        {
            // A batch of its own is cut up by its producer; one that only came too late in a request may come again.
            Message = e.Message;
            return _budget is { IsSpent: true } ? ErrorCode.RequestTimedOut : ErrorCode.MessageTooLarge;
        }
    }

    private ErrorCode Recompress(ReadOnlySpan<byte> batch, in BatchHeader header, CompressionCodec codec)
    {
        _rewritten = new PooledBuffer(_options.MaxMessageBytes);
        _rewritten.Append(batch[..RecordBatch.HeaderSize]);
        using var compressor = Compressor.Create(codec, _options.CompressionLevelOf(codec), _rewritten);
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
        var checksTimestamps = _options.MessageTimestampType == TimestampType.CreateTime;
        using var scanner = new RecordScanner(
            header, batch[RecordBatch.HeaderSize..], DecompressionLimits.Default, _budget, copy);
        while (scanner.MoveNext())
        {
            var timestamp = scanner.Timestamp;
            maxTimestamp = Math.Max(maxTimestamp, timestamp);
            if (_options.IsCompacted && !scanner.HasKey)
            {
                (Rejected ??= new RejectedRecords(EarliestMs, LatestMs)).AddKeyless(scanner.Index, scanner.Offset);
            }
            else if (checksTimestamps
                && (IsTooLate(timestamp, _options, _nowMs) || IsTooEarly(timestamp, _options, _nowMs)))
            {
                (Rejected ??= new RejectedRecords(EarliestMs, LatestMs))
                    .AddTimestamp(scanner.Index, scanner.Offset, timestamp);
            }
        }

        if (scanner.IsCorrupt)
        {
            Message = $"Record {scanner.Index} of the batch is malformed, or the batch has more than the {header.RecordCount} it says.";
            return ErrorCode.InvalidRecord;
        }

        return Rejected?.Error ?? ErrorCode.None;
    }
}
