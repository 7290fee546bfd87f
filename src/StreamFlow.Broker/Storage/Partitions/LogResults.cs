
namespace StreamFlow.Broker.Storage;

/// <summary>The outcome of an append.</summary>
/// <param name="Error">None, or why nothing was appended.</param>
/// <param name="BaseOffset">The first record's offset; of the original batch for a duplicate; -1 on error.</param>
/// <param name="EndOffset">One past the last record: pass it to <see cref="PartitionLog.WaitDurableAsync"/>.</param>
/// <param name="LogAppendTimeMs">-1 unless the topic uses LogAppendTime.</param>
/// <param name="LogStartOffset">The partition's log start.</param>
/// <param name="IsDuplicate">The batch had been appended before; nothing was written now.</param>
/// <param name="Message">For a refused batch, what is wrong with it.</param>
/// <param name="Rejected">The records because of which it was refused; then there is no message.</param>
internal readonly record struct AppendResult(
    ErrorCode Error, long BaseOffset, long EndOffset, long LogAppendTimeMs, long LogStartOffset,
    bool IsDuplicate = false, string? Message = null, RejectedRecords? Rejected = null)
{
    public bool IsSuccess => Error == ErrorCode.None;
}

/// <summary>The outcome of a read.</summary>
/// <param name="Error">None, <see cref="ErrorCode.OffsetOutOfRange"/> or a storage error.</param>
/// <param name="Bytes">Bytes of whole batches written to the destination.</param>
/// <param name="NextOffset">The offset behind the last batch returned; the asked one when none was.</param>
/// <param name="HighWatermark">The partition's high watermark when read.</param>
/// <param name="LastStableOffset">The partition's last stable offset when read.</param>
/// <param name="LogStartOffset">The partition's log start when read.</param>
/// <param name="AbortedTransactions">Read committed only: those in the range, by first offset; else null.</param>
internal readonly record struct ReadResult(
    ErrorCode Error, int Bytes, long NextOffset, long HighWatermark, long LastStableOffset, long LogStartOffset,
    IReadOnlyList<AbortedTransaction>? AbortedTransactions);

/// <summary>The answer to a look-up by timestamp; offset and timestamp are -1 when there is no such record.</summary>
internal readonly record struct TimestampOffset(long Offset, long Timestamp, int LeaderEpoch)
{
    public static TimestampOffset None { get; } = new(-1, -1, -1);
}

/// <summary>What opening a log found.</summary>
/// <param name="TruncatedBytes">Bytes behind the last good batch that were cut off.</param>
/// <param name="ScannedBytes">Bytes whose checksums were verified.</param>
/// <param name="Reason">Why the scan ended before the end of the data; null when nothing was cut.</param>
internal readonly record struct RecoveryReport(long TruncatedBytes, long ScannedBytes, string? Reason);

/// <summary>What recovery hands to a log.</summary>
internal sealed record RecoveredLog(
    Segment[] Segments, ProducerStateTable Producers, LogCheckpoint Checkpoint, long EndOffset, long SnapshotOffset,
    RecoveryReport Report, string? Damage)
{
    /// <summary>Why the log takes no writes yet although nothing is wrong with it: what recovery found could not be noted.</summary>
    public LogTrouble? Trouble { get; init; }
}
