namespace StreamFlow.State;

/// <summary>What kind of trouble RocksDB reported.</summary>
public enum RocksDbErrorKind
{
    /// <summary>None of the others: an error of the file system or a refused setting.</summary>
    Other,

    /// <summary>The folder is open already, in this process or in another.</summary>
    Locked,

    /// <summary>Files are damaged, missing or do not fit together.</summary>
    Corrupted,

    /// <summary>No space is left on the device, or a quota is used up.</summary>
    DiskFull,

    /// <summary>The process may not read or write the folder.</summary>
    AccessDenied,

    /// <summary>The process has as many open files as it may.</summary>
    TooManyOpenFiles,

    /// <summary>The native library was built without the compression asked for.</summary>
    CompressionUnavailable,
}

/// <summary>
/// An error of RocksDB in its own words. It is the inner exception of the <see cref="StateStoreException"/> or
/// <see cref="TaskCorruptedException"/> that the stores throw.
/// </summary>
public sealed class RocksDbException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0909";

    internal RocksDbException(RocksDbErrorKind kind, string operation, string path, string nativeMessage)
        : base(nativeMessage)
    {
        Kind = kind;
        Operation = operation;
        Path = path;
    }

    /// <summary>The kind of error.</summary>
    public RocksDbErrorKind Kind { get; }

    /// <summary>What was attempted: open, read, write, iterate or flush.</summary>
    public string Operation { get; }

    /// <summary>The database's folder.</summary>
    public string Path { get; }
}
