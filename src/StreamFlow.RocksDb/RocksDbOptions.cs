namespace StreamFlow.State;

/// <summary>How blocks on disk are compressed.</summary>
public enum RocksDbCompression
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Snappy.</summary>
    Snappy = 1,

    /// <summary>LZ4: nearly as fast as none, and smaller.</summary>
    Lz4 = 4,

    /// <summary>Zstandard: smallest, slower to write.</summary>
    Zstd = 7,
}

/// <summary>
/// Settings of the state stores on disk. Memory and threads are shared by all stores that one
/// <see cref="RocksDbBackendFactory"/> opens, however many tasks there are.
/// </summary>
public sealed record RocksDbOptions
{
    /// <summary>Memory for blocks read from disk, their indexes and filters, in bytes.</summary>
    /// <value>128 MiB by default; at least 1 MiB.</value>
    public long BlockCacheBytes { get; init; } = 128L << 20;

    /// <summary>
    /// Memory, in bytes, for what is written but not yet on disk. When all stores together hold more, the largest are
    /// written to disk early.
    /// </summary>
    /// <value>256 MiB by default; at least <see cref="MemtableBytes"/>.</value>
    public long WriteBufferBytes { get; init; } = 256L << 20;

    /// <summary>Size in bytes at which the memtable of one store is written to disk.</summary>
    /// <value>16 MiB by default; at least 64 KiB.</value>
    public int MemtableBytes { get; init; } = 16 << 20;

    /// <summary>Memtables one store may hold, being filled or being written to disk, before writes wait.</summary>
    /// <value>3 by default; at least 2.</value>
    public int MaxMemtablesPerStore { get; init; } = 3;

    /// <summary>Compression from the third level on; the first two are rewritten too often to pay.</summary>
    /// <value><see cref="RocksDbCompression.Lz4"/> by default.</value>
    public RocksDbCompression Compression { get; init; } = RocksDbCompression.Lz4;

    /// <summary>Threads of the process that flush and compact.</summary>
    /// <value>2 by default; at least 2.</value>
    public int BackgroundJobs { get; init; } = 2;

    /// <summary>Bits per key of the Bloom filters that spare reads of absent keys; 0 for none.</summary>
    /// <value>10 by default, which lets 1 % of absent keys through; from 0 to 30.</value>
    public int BloomBitsPerKey { get; init; } = 10;

    /// <summary>Checks the settings.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    internal void Validate()
    {
        List<string> errors = [];
        AtLeast(errors, nameof(BlockCacheBytes), BlockCacheBytes, 1L << 20);
        AtLeast(errors, nameof(MemtableBytes), MemtableBytes, 64L << 10);
        AtLeast(errors, nameof(WriteBufferBytes), WriteBufferBytes, MemtableBytes);
        AtLeast(errors, nameof(MaxMemtablesPerStore), MaxMemtablesPerStore, 2);
        AtLeast(errors, nameof(BackgroundJobs), BackgroundJobs, 2);
        if (BloomBitsPerKey is < 0 or > 30)
        {
            errors.Add($"{nameof(BloomBitsPerKey)} is {BloomBitsPerKey}; it must be from 0 to 30.");
        }

        if (!Enum.IsDefined(Compression))
        {
            errors.Add($"{nameof(Compression)} is {Compression}, which is not a member of {nameof(RocksDbCompression)}.");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException($"{nameof(RocksDbOptions)}: {string.Join(' ', errors)}");
        }
    }

    private static void AtLeast(List<string> errors, string name, long value, long minimum)
    {
        if (value < minimum)
        {
            errors.Add($"{name} is {value}; it must be at least {minimum}.");
        }
    }
}
