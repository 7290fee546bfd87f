using System.Globalization;
using StreamFlow.RocksDb.Interop;
using StreamFlow.State;

namespace StreamFlow.RocksDb;

/// <summary>Settings of the column family of a store, and of files that are written beside it and then taken over.</summary>
internal sealed record FamilySettings(OptionsHandle Options, OptionsHandle Files);

/// <summary>What all databases of a process share: the cache, the memory of memtables, and the settings, which are checked.</summary>
internal sealed class SharedSettings
{
    // Whatever the store's compression: these files come in at the top and are merged down soon.
    private const string OfFiles =
        "compression=kNoCompression;compression_per_level=kNoCompression;bottommost_compression=kDisableCompressionOption";

    private readonly WriteBufferHandle _writeBuffers;
    private readonly Dictionary<string, FamilySettings> _ofStores = new(StringComparer.Ordinal);

    private SharedSettings(RocksDbOptions options)
    {
        List<string> errors = [];
        _writeBuffers = WriteBufferHandle.Create(options.WriteBufferBytes);
        using var cache = CacheHandle.Create(options.BlockCacheBytes);
        using var defaults = OptionsHandle.Create(cache, _writeBuffers);
        using var own = defaults.With(Own(options));
        var usual = OptionString.Apply(
            own.With(options.Usual.ToOptionString()), options.Options, nameof(options.Options), ofStore: false, errors);
        Usual = Of(usual);
        foreach (var (name, store) in options.Stores)
        {
            var where = $"{nameof(options.Stores)}['{name}'].{nameof(store.Options)}";
            _ofStores[name] = Of(OptionString.Apply(
                usual.With(store.ToOptionString()), store.Options, where, ofStore: true, errors));
        }

        RocksDbOptions.Throw(errors);
    }

    /// <summary>Settings of databases, and of all stores that have none of their own.</summary>
    public FamilySettings Usual { get; }

    /// <summary>Memory of all memtables.</summary>
    public long WriteBufferBytes => _writeBuffers.UsedBytes;

    /// <summary>Checks the options by asking RocksDB.</summary>
    /// <exception cref="ArgumentException">It refuses some; the message lists all of them.</exception>
    public static SharedSettings Create(RocksDbOptions options) => new(options);

    public FamilySettings OfStore(string name) => _ofStores.GetValueOrDefault(name, Usual);

    private static FamilySettings Of(OptionsHandle options) => new(options, options.With(OfFiles));

    private static string Own(RocksDbOptions options) => string.Join(
        ';',
        "create_if_missing=true",
        "create_missing_column_families=true",
        Number("max_background_jobs", options.BackgroundJobs),
        Number("max_open_files", options.MaxOpenFilesPerTask),
        // RocksDB's own log has a heading with all settings, and what went wrong.
        "info_log_level=ERROR_LEVEL",
        "keep_log_file_num=2",
        "max_log_file_size=1048576",
        "stats_dump_period_sec=0",
        "stats_persist_period_sec=0",
        // One thread writes to a database, so that the locks of concurrent inserts buy nothing.
        "allow_concurrent_memtable_write=false",
        // A filter over the memtable's keys answers the commonest miss, that of a new key, without a search.
        "memtable_whole_key_filtering=true",
        "memtable_prefix_bloom_size_ratio=0.02",
        // A store that was filled works while its files are merged: they alone must not slow it down.
        Number("level0_slowdown_writes_trigger", BulkTables.FilesWhileFilling * 3 / 2),
        Number("level0_stop_writes_trigger", BulkTables.FilesWhileFilling * 2),
        // Within the cache, indexes and filters count against its limit instead of growing beside it.
        "block_based_table_factory={cache_index_and_filter_blocks=true;pin_l0_filter_and_index_blocks_in_cache=true;" +
        "data_block_index_type=kDataBlockBinaryAndHash}");

    private static string Number(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
}
