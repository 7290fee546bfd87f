namespace StreamFlow.State;

/// <summary>How blocks on disk are compressed.</summary>
public enum RocksDbCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Snappy.</summary>
    Snappy,

    /// <summary>LZ4: nearly as fast as none, and smaller.</summary>
    Lz4,

    /// <summary>Zstandard: smallest, slower to write.</summary>
    Zstd,
}

/// <summary>
/// Settings of the state stores on disk. Memory and threads are shared by all stores that one
/// <see cref="RocksDbBackendFactory"/> opens, however many tasks there are.
/// </summary>
public sealed record RocksDbOptions
{
    /// <summary>Memory for blocks read from disk, their indexes and filters, in bytes.</summary>
    /// <value>128 MiB by default; at least 1 MiB.</value>
    public long BlockCacheBytes { get; set; } = 128L << 20;

    /// <summary>
    /// Memory, in bytes, for what is written but not yet on disk. When all stores together hold more, the largest are
    /// written to disk early; writes do not wait for that.
    /// </summary>
    /// <value>256 MiB by default; at least <see cref="MemtableBytes"/>.</value>
    public long WriteBufferBytes { get; set; } = 256L << 20;

    /// <summary>Threads of the process that flush and compact.</summary>
    /// <value>2 by default; at least 2.</value>
    public int BackgroundJobs { get; set; } = 2;

    /// <summary>Files that one task keeps open; -1 for all it has, which is fastest.</summary>
    /// <value>-1 by default; else at least 20.</value>
    public int MaxOpenFilesPerTask { get; set; } = -1;

    /// <summary>Size in bytes at which the memtable of one store is written to disk.</summary>
    /// <value>16 MiB by default; at least 64 KiB.</value>
    public int MemtableBytes { get; set; } = 16 << 20;

    /// <summary>Memtables one store may hold, being filled or being written to disk, before writes wait.</summary>
    /// <value>3 by default; at least 2.</value>
    public int MaxMemtablesPerStore { get; set; } = 3;

    /// <summary>Compression from the third level on; the first two are rewritten too often to pay.</summary>
    /// <value><see cref="RocksDbCompression.Lz4"/> by default.</value>
    public RocksDbCompression Compression { get; set; } = RocksDbCompression.Lz4;

    /// <summary>Size in bytes of a block on disk, before compression: what one read of a key that is not cached costs.</summary>
    /// <value>4 KiB by default; from 1 KiB to 4 MiB.</value>
    public int BlockBytes { get; set; } = 4 << 10;

    /// <summary>Bits per key of the Bloom filters that spare reads of absent keys; 0 for none.</summary>
    /// <value>10 by default, which lets 1 % of absent keys through; from 0 to 30.</value>
    public int BloomBitsPerKey { get; set; } = 10;

    /// <summary>
    /// Everything else, in RocksDB's own words: <c>name=value;name=value</c>, with the names of its file OPTIONS. They
    /// hold for all databases and all stores, and win over the settings above.
    /// </summary>
    /// <value>None by default. What would lose state, or make memory of its own, is refused.</value>
    /// <example><c>compaction_style=kCompactionStyleUniversal;block_based_table_factory={block_align=true}</c></example>
    public string Options { get; set; } = "";

    /// <summary>Settings of single stores, by the store's name, where they differ from those above.</summary>
    /// <value>None by default.</value>
    public Dictionary<string, RocksDbStoreOptions> Stores { get; set; } = [];

    /// <summary>The settings of a store that <see cref="Stores"/> does not name.</summary>
    internal RocksDbStoreOptions Usual => new()
    {
        MemtableBytes = MemtableBytes,
        MaxMemtables = MaxMemtablesPerStore,
        Compression = Compression,
        BlockBytes = BlockBytes,
        BloomBitsPerKey = BloomBitsPerKey,
    };

    /// <summary>Checks the ranges of the settings; of the option strings RocksDB is asked when the stores are first used.</summary>
    /// <returns>One message for each wrong setting, naming it, its value and the remedy; empty when all is well.</returns>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        AtLeast(errors, nameof(BlockCacheBytes), BlockCacheBytes, 1L << 20);
        AtLeast(errors, nameof(WriteBufferBytes), WriteBufferBytes, MemtableBytes);
        AtLeast(errors, nameof(BackgroundJobs), BackgroundJobs, 2);
        if (MaxOpenFilesPerTask != -1)
        {
            AtLeast(errors, nameof(MaxOpenFilesPerTask), MaxOpenFilesPerTask, 20);
        }

        AtLeast(errors, nameof(MaxMemtablesPerStore), MaxMemtablesPerStore, 2);
        (Usual with { MaxMemtables = null }).Check("", errors);
        foreach (var (store, options) in Stores)
        {
            options.Check($"{nameof(Stores)}['{store}'].", errors);
        }

        return errors;
    }

    /// <summary>Throws if there are errors.</summary>
    internal static void Throw(IReadOnlyList<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new ArgumentException($"{nameof(RocksDbOptions)}: {string.Join(' ', errors)}");
        }
    }

    internal static void AtLeast(List<string> errors, string name, long value, long minimum)
    {
        if (value < minimum)
        {
            errors.Add($"{name} is {value}; it must be at least {minimum}.");
        }
    }
}
