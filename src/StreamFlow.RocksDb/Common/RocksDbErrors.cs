using StreamFlow.State;

namespace StreamFlow.RocksDb;

/// <summary>Turns RocksDB's messages into the engine's exceptions, for one database.</summary>
internal sealed class RocksDbErrors(TaskId taskId, string path)
{
    public TaskId TaskId => taskId;

    public Exception Create(string operation, string nativeMessage)
    {
        var kind = Classify(nativeMessage);
        var cause = new RocksDbException(kind, operation, path, nativeMessage);
        var message = $"Cannot {operation} the state of task {taskId} in '{path}': {Explain(kind)} (RocksDB: {nativeMessage})";
        return kind == RocksDbErrorKind.Corrupted
            ? new TaskCorruptedException(taskId, message, cause)
            : new StateStoreException(message, cause) { IsTransient = IsTransient(kind, nativeMessage) };
    }

    /// <summary>Data that RocksDB finds sound but that this library did not write so.</summary>
    public TaskCorruptedException Unreadable(string what) => new(
        taskId, $"The state of task {taskId} in '{path}' is unusable: {what}. It is rebuilt from the changelog.");

    /// <summary>
    /// RocksDB's C API has no error codes: a status is its class ("IO error", "Corruption") and a text, which ends with
    /// the C library's words for errno.
    /// </summary>
    internal static RocksDbErrorKind Classify(string message)
    {
        if (Has(message, "/LOCK:") && (Has(message, "lock file") || Has(message, "lock hold by current process")))
        {
            return Has(message, "Permission denied") ? RocksDbErrorKind.AccessDenied : RocksDbErrorKind.Locked;
        }

        if (Has(message, "No space left on device") || Has(message, "Disk quota exceeded"))
        {
            return RocksDbErrorKind.DiskFull;
        }

        if (Has(message, "Permission denied") || Has(message, "Read-only file system"))
        {
            return RocksDbErrorKind.AccessDenied;
        }

        if (Has(message, "Too many open files"))
        {
            return RocksDbErrorKind.TooManyOpenFiles;
        }

        if (Has(message, "is not linked with the binary"))
        {
            return RocksDbErrorKind.CompressionUnavailable;
        }

        return message.StartsWith("Corruption", StringComparison.Ordinal)
            || (message.StartsWith("IO error", StringComparison.Ordinal) && Has(message, "No such file or directory"))
            ? RocksDbErrorKind.Corrupted
            : RocksDbErrorKind.Other;
    }

    /// <summary>
    /// Whether it may pass by itself. After a failed write RocksDB repeats its error until it is opened again, so that a
    /// trouble of the file system is told by that class in any case.
    /// </summary>
    private static bool IsTransient(RocksDbErrorKind kind, string message) =>
        kind is RocksDbErrorKind.DiskFull or RocksDbErrorKind.TooManyOpenFiles
        || (kind == RocksDbErrorKind.Other && message.StartsWith("IO error", StringComparison.Ordinal));

    private static bool Has(string message, string part) => message.Contains(part, StringComparison.Ordinal);

    private static string Explain(RocksDbErrorKind kind) => kind switch
    {
        RocksDbErrorKind.Locked =>
            "it is open already. Does another instance run with the same state directory? Stop that one, or give each " +
            "instance a state directory of its own.",
        RocksDbErrorKind.Corrupted =>
            "files are damaged or missing. The task's state is rebuilt from its changelog; if this happens again, check " +
            "the disk, and whether anything else deletes files there.",
        RocksDbErrorKind.DiskFull =>
            "the disk is full. Free space or move the state directory to a larger disk; committed data is safe in the " +
            "changelog.",
        RocksDbErrorKind.AccessDenied =>
            "the process may not read and write there. Give its user the rights, or choose another state directory.",
        RocksDbErrorKind.TooManyOpenFiles =>
            "the process has reached its limit of open files. Raise it (ulimit -n, or LimitNOFILE of the service).",
        RocksDbErrorKind.CompressionUnavailable =>
            $"the native library was built without that compression. Set {nameof(RocksDbOptions)}." +
            $"{nameof(RocksDbOptions.Compression)} to another one.",
        _ => "the file system or RocksDB refused.",
    };
}
