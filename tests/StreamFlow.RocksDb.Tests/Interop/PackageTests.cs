using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using StreamFlow.RocksDb.Interop;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests.Interop;

/// <summary>Our binding beside the library of the package, in the version that is pinned.</summary>
public sealed class PackageTests
{
    [Fact]
    public void Library_is_the_packages_and_its_databases_say_the_version_pinned()
    {
        using var folder = new TempFolder();
        using var backend = Backends.Open(folder.Path, "a");

        Assert.StartsWith(AppContext.BaseDirectory, LoadedPath(), StringComparison.Ordinal);
        Assert.Equal(PinnedVersion(), OptionsFile.Read(folder.Database).Version);
    }

    [Fact]
    public void Every_entry_point_that_is_declared_exists()
    {
        RocksDbLibrary.EnsureLoaded();
        var library = NativeLibrary.Load(LoadedPath());
        var names = typeof(NativeMethods)
            .GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
            .Select(method => method.GetCustomAttribute<LibraryImportAttribute>()?.EntryPoint
                ?? method.GetCustomAttribute<DllImportAttribute>()?.EntryPoint)
            .OfType<string>()
            .Distinct()
            .ToList();

        Assert.InRange(names.Count, 30, 200);
        Assert.All(names, name => Assert.True(NativeLibrary.TryGetExport(library, name, out _), name));
    }

    /// <summary>A number of an enumeration that moved, or an argument that did, shows as another word here.</summary>
    [Fact]
    public void Settings_are_those_that_RocksDB_says_it_has()
    {
        using var folder = new TempFolder();
        var factory = new RocksDbBackendFactory(new RocksDbOptions
        {
            MemtableBytes = 1 << 20,
            MaxMemtablesPerStore = 5,
            Compression = RocksDbCompression.Zstd,
            BackgroundJobs = 3,
            BloomBitsPerKey = 12,
        });
        using var backend = factory.Open(Backends.TaskId, folder.Path, ["a"]);

        var settings = OptionsFile.Read(folder.Database);

        Assert.Equal("3", settings.Database("max_background_jobs"));
        Assert.Equal("ERROR_LEVEL", settings.Database("info_log_level"));
        Assert.Equal("2", settings.Database("keep_log_file_num"));
        Assert.Equal("1048576", settings.Database("max_log_file_size"));
        Assert.Equal("0", settings.Database("stats_dump_period_sec"));
        Assert.Equal("false", settings.Database("allow_concurrent_memtable_write"));
        Assert.Equal("1048576", settings.Store("a", "write_buffer_size"));
        Assert.Equal("5", settings.Store("a", "max_write_buffer_number"));
        Assert.Equal("true", settings.Store("a", "memtable_whole_key_filtering"));
        Assert.StartsWith("0.02", settings.Store("a", "memtable_prefix_bloom_size_ratio"), StringComparison.Ordinal);
        Assert.Equal("96", settings.Store("a", "level0_slowdown_writes_trigger"));
        Assert.Equal("128", settings.Store("a", "level0_stop_writes_trigger"));
        Assert.Equal(
            "kNoCompression:kNoCompression:kZSTD:kZSTD:kZSTD:kZSTD:kZSTD", settings.Store("a", "compression_per_level"));
        Assert.Equal("bloomfilter:12:false", settings.Table("a", "filter_policy"));
        Assert.Equal("kDataBlockBinaryAndHash", settings.Table("a", "data_block_index_type"));
        Assert.Equal("true", settings.Table("a", "cache_index_and_filter_blocks"));
        Assert.Equal("true", settings.Table("a", "pin_l0_filter_and_index_blocks_in_cache"));
    }

    private static string LoadedPath()
    {
        RocksDbLibrary.EnsureLoaded();
        using var process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .Single(module => module.ModuleName.Contains("rocksdb", StringComparison.OrdinalIgnoreCase)
                && !module.ModuleName.StartsWith("StreamFlow", StringComparison.Ordinal))
            .FileName;
    }

    /// <summary>The package's version in the file that says what the application was built with: its first three numbers.</summary>
    private static string PinnedVersion()
    {
        var file = Path.ChangeExtension(typeof(PackageTests).Assembly.Location, ".deps.json");
        return Regex.Match(File.ReadAllText(file), @"""RocksDB/(\d+\.\d+\.\d+)\.").Groups[1].Value;
    }
}
