using System.Reflection;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests;

public sealed class RocksDbOptionsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Factory_lists_every_setting_that_is_out_of_range()
    {
        var wrong = new RocksDbStoreOptions
        {
            MemtableBytes = 1,
            MaxMemtables = 1,
            BloomBitsPerKey = 31,
            BlockBytes = 1,
            Compression = (RocksDbCompression)9,
        };
        var error = Assert.Throws<ArgumentException>(() => new RocksDbBackendFactory(new RocksDbOptions
        {
            BlockCacheBytes = 1,
            MemtableBytes = 1,
            WriteBufferBytes = 0,
            MaxMemtablesPerStore = 1,
            MaxOpenFilesPerTask = 0,
            BackgroundJobs = 0,
            BloomBitsPerKey = 31,
            BlockBytes = 8 << 20,
            Compression = (RocksDbCompression)9,
            Stores = { ["counts"] = wrong },
        }));

        Assert.All(Ranges(typeof(RocksDbOptions)), name => Assert.Contains(
            $" {name} is ", error.Message, StringComparison.Ordinal));
        Assert.All(Ranges(typeof(RocksDbStoreOptions)), name => Assert.Contains(
            $" Stores['counts'].{name} is ", error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("write_bufer_size=1M", "write_bufer_size=1M", "Extra option not recognized: write_bufer_size")]
    [InlineData("max_open_files=many;bytes_per_sync=1", "max_open_files=many", "Error parsing max_open_files")]
    [InlineData("block_based_table_factory={format_version=5;blok_size=4K}", "block_based_table_factory={blok_size=4K}",
        "Extra option not recognized")]
    [InlineData("compaction_options_universal={siz_ratio=2}", "compaction_options_universal={siz_ratio=2}",
        "Unrecognized option: compaction_options_universal.siz_ratio")]
    [InlineData("bytes_per_sync", "bytes_per_sync", "no pair of name=value")]
    [InlineData("block_based_table_factory={block_align}", "block_based_table_factory={block_align}", "no pair of name=value")]
    [InlineData("compression_opts={level=3", "compression_opts={level=3", "refused")]
    [InlineData("block_based_table_factory={block_cache=1M}", "block_based_table_factory={block_cache=1M}",
        "all stores share one cache: set BlockCacheBytes")]
    [InlineData("block_based_table_factory.block_cache=1M", "block_based_table_factory.block_cache=1M", "set BlockCacheBytes")]
    [InlineData("db_write_buffer_size=1M", "db_write_buffer_size=1M", "set WriteBufferBytes")]
    [InlineData("prefix_extractor=fixed:8", "prefix_extractor=fixed:8", "order of their keys' bytes")]
    [InlineData("compaction_style=kCompactionStyleFIFO", "compaction_style=kCompactionStyleFIFO", "would drop entries")]
    [InlineData("create_if_missing=false", "create_if_missing=false", "made where there is none")]
    public void Options_that_are_refused_are_named_with_the_reason(string options, string named, string reason)
    {
        var error = Assert.Throws<ArgumentException>(() => new RocksDbBackendFactory(new() { Options = options }));

        Assert.StartsWith($"RocksDbOptions: Options has '{named}', which is refused: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);

        error = Assert.Throws<ArgumentException>(() => new RocksDbBackendFactory(OfCounts(new() { Options = options })));

        Assert.StartsWith(
            $"RocksDbOptions: Stores['counts'].Options has '{named}', which is refused: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_the_database_are_refused_for_one_store_and_all_that_are_wrong_are_listed()
    {
        var error = Assert.Throws<ArgumentException>(() => new RocksDbBackendFactory(
            OfCounts(new() { Options = "max_background_jobs=4;nonsense=1" })));

        Assert.Contains(
            "'max_background_jobs=4', which is refused: a task's stores share one database, which this concerns as a whole: " +
            "set it in RocksDbOptions.Options.", error.Message, StringComparison.Ordinal);
        Assert.Contains("'nonsense=1'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_hold_for_all_and_those_of_a_store_win()
    {
        var options = OfCounts(new()
        {
            MemtableBytes = 1 << 20,
            MaxMemtables = 7,
            BloomBitsPerKey = 0,
            Compression = RocksDbCompression.Snappy,
            Options = "block_based_table_factory={block_restart_interval=8};ttl=3600",
        }) with
        {
            MaxOpenFilesPerTask = 100,
            BlockBytes = 8 << 10,
            Options = "bytes_per_sync=1M; write_buffer_size=2M;\nblock_based_table_factory = { format_version = 5 ; }",
        };
        using var backend = new RocksDbBackendFactory(options).Open(Backends.TaskId, _folder.Path, ["counts", "other"]);

        var file = OptionsFile.Read(_folder.Database);

        Assert.Equal(("1048576", "100"), (file.Database("bytes_per_sync"), file.Database("max_open_files")));
        Assert.Equal(("1048576", "2097152"), Both(name => file.Store(name, "write_buffer_size")));
        Assert.Equal(("7", "3"), Both(name => file.Store(name, "max_write_buffer_number")));
        Assert.Equal("3600", file.Store("counts", "ttl"));
        Assert.Contains("kSnappyCompression", file.Store("counts", "compression_per_level"), StringComparison.Ordinal);
        Assert.Contains("kLZ4Compression", file.Store("other", "compression_per_level"), StringComparison.Ordinal);
        Assert.Equal(("nullptr", "bloomfilter:10:false"), Both(name => file.Table(name, "filter_policy")));
        Assert.Equal(("8", "16"), Both(name => file.Table(name, "block_restart_interval")));
        Assert.Equal(("8192", "8192"), Both(name => file.Table(name, "block_size")));
        Assert.Equal(("5", "5"), Both(name => file.Table(name, "format_version")));
        Assert.Equal(("true", "true"), Both(name => file.Table(name, "cache_index_and_filter_blocks")));
    }

    /// <summary>The file in which RocksDB writes them down knows best which settings concern a database as a whole.</summary>
    [Fact]
    public void Names_of_the_databases_settings_are_all_known()
    {
        using var backend = Backends.Open(_folder.Path, "a");

        Assert.Empty(OptionsFile.Read(_folder.Database).DatabaseNames.Except(DatabaseSettings.Names));
    }

    [Theory]
    [InlineData(RocksDbCompression.None)]
    [InlineData(RocksDbCompression.Snappy)]
    [InlineData(RocksDbCompression.Lz4)]
    [InlineData(RocksDbCompression.Zstd)]
    public void Compression_of_every_kind_opens(RocksDbCompression compression)
    {
        var options = Backends.Small with { Compression = compression, BloomBitsPerKey = 0 };
        using var backend = new RocksDbBackendFactory(options).Open(new TaskId(0, 0), _folder.Path, ["a"]);

        Assert.Empty(backend.Stores[0].Read());
    }

    private static RocksDbOptions OfCounts(RocksDbStoreOptions options) =>
        new() { Stores = { ["counts"] = options } };

    private static (string Counts, string Other) Both(Func<string, string> read) => (read("counts"), read("other"));

    private static IEnumerable<string> Ranges(Type options) => options
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.Name is not ("Options" or "Stores"))
        .Select(property => property.Name);
}
