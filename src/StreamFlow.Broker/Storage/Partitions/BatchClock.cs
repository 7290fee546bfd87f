namespace StreamFlow.Broker.Storage;

/// <summary>Lets a batch say whose clock its timestamps are of.</summary>
internal static class BatchClock
{
    /// <summary>Answers the broker's time where timestamps are that, else -1.</summary>
    public static long Stamp(Span<byte> batch, TimestampType type, long nowMs, ref BatchHeader header)
    {
        if (type == TimestampType.LogAppendTime)
        {
            RecordBatch.StampLogAppendTime(batch, nowMs);
        }
        else if (header.IsLogAppendTime)
        {
            // The producer says so, but nobody gave it the broker's time.
            RecordBatch.StampCreateTime(batch);
        }
        else
        {
            return RecordBatch.NoTimestamp;
        }

        _ = BatchHeader.TryRead(batch, out header);
        return type == TimestampType.LogAppendTime ? nowMs : RecordBatch.NoTimestamp;
    }
}
