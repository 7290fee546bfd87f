using System.Buffers.Binary;

namespace StreamFlow.Broker.Storage;

/// <summary>Checks that bytes received are exactly one batch with an acceptable header, before any lock is taken; its records are
/// <see cref="RecordInspection"/>'s.</summary>
internal static class BatchValidator
{
    /// <summary>None when acceptable; otherwise the error and a sentence that says what is wrong.</summary>
    public static ErrorCode Check(
        ReadOnlySpan<byte> batch, AppendOrigin origin, LogOptions options, out BatchHeader header,
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

        return header.IsControl ? CheckMarker(batch, header, out message) : ErrorCode.None;
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
        if (header.Codec > CompressionCodec.Zstd)
        {
            message = $"Compression codec {(int)header.Codec} is unknown; use gzip, snappy, lz4 or zstd.";
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
            { Codec: CompressionCodec.None } when header.RecordCount > room =>
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

    private static ErrorCode CheckMarker(ReadOnlySpan<byte> batch, in BatchHeader header, out string? message)
    {
        var isMarker = header.RecordCount == 1 && ControlRecord.TryRead(batch, out _, out _);
        message = isMarker ? null : "A marker must hold exactly one end-transaction record.";
        return isMarker ? ErrorCode.None : ErrorCode.InvalidRecord;
    }
}
