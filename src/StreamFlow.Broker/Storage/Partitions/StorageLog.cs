using Microsoft.Extensions.Logging;

namespace StreamFlow.Broker.Storage;

/// <summary>Log messages of the storage.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(201, LogLevel.Warning, "Partition log '{Directory}' was cut at offset {Offset}: {Reason}; {Bytes} bytes dropped")]
    public static partial void Cut(ILogger logger, string directory, long offset, string reason, long bytes);

    [LoggerMessage(202, LogLevel.Error,
        "Partition log '{Directory}' is damaged and stays offline: {Damage}. Restore it from a backup; or, to lose what lies behind "
        + "the damage, create an empty file '" + LogRecovery.AcceptLossFile + "' in it and restart")]
    public static partial void Damaged(ILogger logger, string directory, string damage);

    [LoggerMessage(203, LogLevel.Error,
        "Partition log '{Directory}' refuses writes: {Reason}. Reads go on; it takes writes again by itself once the disk does")]
    public static partial void WritesRefused(ILogger logger, string directory, string reason);

    [LoggerMessage(204, LogLevel.Warning, "Compaction of '{Directory}' failed and is tried again: {Reason}")]
    public static partial void CompactionFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(205, LogLevel.Error, "Maintenance of '{Directory}' failed; the next round tries again")]
    public static partial void MaintenanceFailed(ILogger logger, Exception exception, string directory);

    [LoggerMessage(206, LogLevel.Warning, "Directory '{Directory}' belongs to no topic and was moved to '{Target}'")]
    public static partial void OrphanMoved(ILogger logger, string directory, string target);

    [LoggerMessage(207, LogLevel.Warning, "Files of a deleted topic stay until the next start: {Reason}")]
    public static partial void FilesRemain(ILogger logger, string reason);

    [LoggerMessage(208, LogLevel.Error, "A change of the data directory failed: {Reason}")]
    public static partial void ChangeFailed(ILogger logger, string reason);

    [LoggerMessage(216, LogLevel.Warning, "Partition log '{Directory}' takes writes again, from offset {Offset} on in leader epoch {Epoch}")]
    public static partial void WritesAgain(ILogger logger, string directory, long offset, int epoch);

    [LoggerMessage(212, LogLevel.Debug, "Partition log '{Directory}' still refuses writes: {Reason}")]
    public static partial void NotYetRepaired(ILogger logger, string directory, string reason);

    [LoggerMessage(213, LogLevel.Warning, "A file beside partition log '{Directory}' could not be written, and is written later: {Reason}")]
    public static partial void HousekeepingFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(214, LogLevel.Information,
        "Retention deletes {Segments} segments ({Bytes} bytes) of '{Directory}': records below offset {Offset}, which are {Why}")]
    public static partial void Retired(ILogger logger, string directory, int segments, long bytes, long offset, string why);

    [LoggerMessage(215, LogLevel.Warning, "Old segments of '{Directory}' could not be deleted, and are deleted later: {Reason}")]
    public static partial void RetentionFailed(ILogger logger, string directory, string reason);

    [LoggerMessage(209, LogLevel.Error, "A flush of '{Directory}' ended in an internal error")]
    public static partial void FlushFailed(ILogger logger, Exception exception, string directory);

    [LoggerMessage(210, LogLevel.Error, "'{Directory}' could not be closed; the others are")]
    public static partial void NotClosed(ILogger logger, Exception exception, string directory);

    [LoggerMessage(211, LogLevel.Warning,
        "It could not be noted in '{Directory}' that this run stopped in order, and the next start verifies what it finds: {Reason}")]
    public static partial void OrderNotNoted(ILogger logger, string directory, string reason);

    [LoggerMessage(217, LogLevel.Warning,
        "'{File}' was cut at byte {Offset}: {Bytes} bytes of a change of topics that was never answered dropped")]
    public static partial void ChangeCut(ILogger logger, string file, long offset, long bytes);

    [LoggerMessage(218, LogLevel.Warning, "Directory '{Directory}' belongs to no topic and could not be moved aside; the next start tries again: {Reason}")]
    public static partial void OrphanRemains(ILogger logger, string directory, string reason);

    [LoggerMessage(230, LogLevel.Warning,
        "Compaction of '{Directory}' left {Batches} batches that cannot be opened, and tombstones behind them, as they are; "
        + "the first at offset {Offset}: {Reason}")]
    public static partial void BatchesNotOpened(ILogger logger, string directory, int batches, long offset, string reason);
}
