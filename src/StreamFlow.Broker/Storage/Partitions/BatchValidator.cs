using System.Buffers.Binary;

namespace StreamFlow.Broker.Storage;

/// <summary>Checks that bytes received are exactly one acceptable batch, before any lock is taken.</summary>
internal static class BatchValidator
{
    private const int HighestCodec = 4;

    /// <summary>None when acceptable; otherwise the error and a sentence that says what is wrong.</summary>
    public static ErrorCode Check(
        ReadOnlySpan<byte> batch, AppendOrigin origin, LogOptions options, long nowMs, out BatchHeader header,
        out string? message)
    {
        var error = CheckFrame(batch, out header, out message);
        if (error != ErrorCode.None)
        {
            return error;
        }

        error = CheckSize(batch.Length, origin, options, out message);
        if (error != ErrorCode.None)
        {
            return error;
        }

        if (!RecordBatch.IsCrcValid(batch))
        {
            message = "The checksum does not match the batch's bytes.";
            return ErrorCode.CorruptMessage;
        }

        error = CheckFields(header, origin, out message);
        if (error != ErrorCode.None)
        {
            return error;
        }

        error = CheckTimestamps(header, origin, options, nowMs, out message);
        return error == ErrorCode.None ? CheckRecords(batch, header, options, out message) : error;
    }

    private static ErrorCode CheckFrame(ReadOnlySpan<byte> batch, out BatchHeader header, out string? message)
    {
        header = default;
        message = null;
        if (batch.IsEmpty)
        {
            message = "The request carries no record batch.";
            return ErrorCode.InvalidRecord;
        }

        if (batch.Length > RecordBatch.MagicAt && batch[RecordBatch.MagicAt] != RecordBatch.MagicV2)
        {
            message = $"Message format {batch[RecordBatch.MagicAt]} is not supported; send version 2 record batches.";
            return ErrorCode.InvalidRecord;
        }

        if (batch.Length < RecordBatch.HeaderSize)
        {
            message = $"A record batch has at least {RecordBatch.HeaderSize} bytes, not {batch.Length}.";
            return ErrorCode.CorruptMessage;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(batch[RecordBatch.LengthAt..]);
        var total = (long)length + RecordBatch.LengthOverhead;
        if (total < RecordBatch.HeaderSize || total > batch.Length)
        {
            message = $"The batch length {length} does not fit the {batch.Length} bytes received.";
            return ErrorCode.CorruptMessage;
        }

        if (total < batch.Length)
        {
            message = "A partition's records must be exactly one record batch.";
            return ErrorCode.InvalidRecord;
        }

        if (!BatchHeader.TryRead(batch, out header))
        {
            message = "The batch header holds a negative count or offset.";
            return ErrorCode.InvalidRecord;
        }

        return ErrorCode.None;
    }

    private static ErrorCode CheckSize(int size, AppendOrigin origin, LogOptions options, out string? message)
    {
        message = null;
        if (origin == AppendOrigin.Client && size > options.MaxMessageBytes)
        {
            message = $"The batch has {size} bytes; max.message.bytes is {options.MaxMessageBytes}.";
            return ErrorCode.MessageTooLarge;
        }

        if (size > options.SegmentBytes)
        {
            message = $"The batch has {size} bytes; segment.bytes is {options.SegmentBytes}.";
            return ErrorCode.RecordListTooLarge;
        }

        return ErrorCode.None;
    }

    private static ErrorCode CheckFields(in BatchHeader header, AppendOrigin origin, out string? message)
    {
        if (header.Codec > HighestCodec)
        {
            message = $"Compression codec {header.Codec} is unknown.";
            return ErrorCode.UnsupportedCompressionType;
        }

        message = FieldProblem(header, origin);
        return message is null ? ErrorCode.None : ErrorCode.InvalidRecord;
    }

    private static string? FieldProblem(in BatchHeader header, AppendOrigin origin)
    {
        var room = (header.TotalSize - RecordBatch.HeaderSize) / RecordBatch.MinRecordSize;
        return header switch
        {
            { BaseOffset: not 0 } => $"The base offset must be 0 when produced, not {header.BaseOffset}.",
            { RecordCount: 0 } => "The batch holds no record.",
            _ when header.RecordCount != (long)header.LastOffsetDelta + 1 =>
                $"The batch says {header.RecordCount} records but a last offset delta of {header.LastOffsetDelta}.",
            { Codec: 0 } when header.RecordCount > room =>
                $"The batch is too short for the {header.RecordCount} records it claims.",
            { HasDeleteHorizon: true } => "A delete horizon is set by compaction only.",
            _ when header.IsControl != origin.IsMarker() =>
                "Control batches are written by the broker only.",
            { IsTransactional: true, ProducerId: < 0 } => "A transactional batch needs a producer id.",
            { ProducerId: >= 0, ProducerEpoch: < 0 } => "A batch with a producer id needs a producer epoch.",
            { ProducerId: >= 0, BaseSequence: < 0 } when origin == AppendOrigin.Client =>
                "A batch with a producer id needs a base sequence.",
            _ when origin.IsMarker() && !header.IsTransactional => "A marker must be transactional.",
            _ => null,
        };
    }

    private static ErrorCode CheckTimestamps(
        in BatchHeader header, AppendOrigin origin, LogOptions options, long nowMs, out string? message)
    {
        message = null;
        if (origin != AppendOrigin.Client || options.MessageTimestampType == TimestampType.LogAppendTime)
        {
            return ErrorCode.None;
        }

        if (header.MaxTimestamp > nowMs && header.MaxTimestamp - nowMs > options.MessageTimestampAfterMaxMs)
        {
            message = $"Timestamp {header.MaxTimestamp} is too far after the broker's {nowMs}; "
                + $"message.timestamp.after.max.ms is {options.MessageTimestampAfterMaxMs}.";
            return ErrorCode.InvalidTimestamp;
        }

        if (header.BaseTimestamp >= 0 && header.BaseTimestamp < nowMs
            && nowMs - header.BaseTimestamp > options.MessageTimestampBeforeMaxMs)
        {
            message = $"Timestamp {header.BaseTimestamp} is too far before the broker's {nowMs}; "
                + $"message.timestamp.before.max.ms is {options.MessageTimestampBeforeMaxMs}.";
            return ErrorCode.InvalidTimestamp;
        }

        return ErrorCode.None;
    }

    // Records are looked at only where something depends on them: keys on compacted topics, a marker's kind.
    private static ErrorCode CheckRecords(
        ReadOnlySpan<byte> batch, in BatchHeader header, LogOptions options, out string? message)
    {
        message = null;
        if (header.IsControl)
        {
            if (header.RecordCount == 1 && ControlRecord.TryRead(batch, out _, out _))
            {
                return ErrorCode.None;
            }

            message = "A marker must hold exactly one end-transaction record.";
            return ErrorCode.InvalidRecord;
        }

        if (!options.IsCompacted || header.Codec != 0)
        {
            return ErrorCode.None;
        }

        var reader = new RecordReader(header, batch[RecordBatch.HeaderSize..]);
        var index = 0;
        while (reader.MoveNext())
        {
            if (!reader.HasKey)
            {
                message = $"Record {index} of the batch has no key; a compacted topic needs one on every record.";
                return ErrorCode.InvalidRecord;
            }

            index++;
        }

        message = reader.IsCorrupt ? $"Record {index} of the batch is malformed." : null;
        return reader.IsCorrupt ? ErrorCode.InvalidRecord : ErrorCode.None;
    }
}
