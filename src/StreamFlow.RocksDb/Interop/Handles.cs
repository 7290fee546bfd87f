using System.Runtime.InteropServices;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Interop;

/// <summary>An LRU block cache. RocksDB counts references: databases that use it keep it alive.</summary>
internal sealed class CacheHandle : SafeHandle
{
    public CacheHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    public static CacheHandle Create(long bytes) => NativeMethods.CacheCreateLru((nuint)bytes);

    protected override bool ReleaseHandle()
    {
        NativeMethods.CacheDestroy(handle);
        return true;
    }
}

/// <summary>Settings of a database and of all its column families alike; RocksDB copies them when it opens one.</summary>
internal sealed class OptionsHandle : SafeHandle
{
    // Values of RocksDB's enumerations (rocksdb/c.h).
    private const int InfoLogErrors = 3;
    private const int DataBlockBinarySearchAndHash = 1;
    private const int Levels = 7;
    private const int FirstCompressedLevel = 2;

    public OptionsHandle()
        : base(0, ownsHandle: true) => SetHandle(NativeMethods.OptionsCreate());

    public override bool IsInvalid => handle == 0;

    public static OptionsHandle Create(RocksDbOptions settings, CacheHandle cache)
    {
        var options = new OptionsHandle();
        options.SetDatabase(settings);
        options.SetFirstLevel();
        options.SetMemtables(settings);
        options.SetCompression((int)settings.Compression);
        options.SetTables(settings, cache);
        return options;
    }

    /// <summary>Settings of files that are written beside a database, as its own files on the first levels are.</summary>
    public static OptionsHandle CreateForTables(RocksDbOptions settings, CacheHandle cache)
    {
        var options = new OptionsHandle();
        options.SetCompression((int)RocksDbCompression.None);
        options.SetTables(settings, cache);
        return options;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.OptionsDestroy(handle);
        return true;
    }

    private void SetDatabase(RocksDbOptions settings)
    {
        NativeMethods.OptionsSetCreateIfMissing(handle, 1);
        NativeMethods.OptionsSetCreateMissingColumnFamilies(handle, 1);
        NativeMethods.OptionsSetMaxBackgroundJobs(handle, settings.BackgroundJobs);
        // RocksDB's own log has a heading with all settings, and what went wrong.
        NativeMethods.OptionsSetInfoLogLevel(handle, InfoLogErrors);
        NativeMethods.OptionsSetKeepLogFileNum(handle, 2);
        NativeMethods.OptionsSetMaxLogFileSize(handle, 1 << 20);
        NativeMethods.OptionsSetStatsDumpPeriodSec(handle, 0);
    }

    /// <summary>A store that was filled works while its files are merged: they alone must not slow it down.</summary>
    private void SetFirstLevel()
    {
        NativeMethods.OptionsSetLevel0SlowdownWritesTrigger(handle, BulkTables.FilesWhileFilling * 3 / 2);
        NativeMethods.OptionsSetLevel0StopWritesTrigger(handle, BulkTables.FilesWhileFilling * 2);
    }

    private void SetMemtables(RocksDbOptions settings)
    {
        NativeMethods.OptionsSetWriteBufferSize(handle, (nuint)settings.MemtableBytes);
        NativeMethods.OptionsSetMaxWriteBufferNumber(handle, settings.MaxMemtablesPerStore);
        // One thread writes to a database, so that the locks of concurrent inserts buy nothing.
        NativeMethods.OptionsSetAllowConcurrentMemtableWrite(handle, 0);
        // A filter over the memtable's keys answers the commonest miss, that of a new key, without a search.
        NativeMethods.OptionsSetMemtableWholeKeyFiltering(handle, 1);
        NativeMethods.OptionsSetMemtablePrefixBloomSizeRatio(handle, 0.02);
    }

    private unsafe void SetCompression(int compression)
    {
        // The first levels are rewritten soon and often: compressing them costs more than it saves.
        var levels = stackalloc int[Levels];
        for (var level = 0; level < Levels; level++)
        {
            levels[level] = level < FirstCompressedLevel ? (int)RocksDbCompression.None : compression;
        }

        NativeMethods.OptionsSetCompressionPerLevel(handle, levels, Levels);
    }

    private void SetTables(RocksDbOptions settings, CacheHandle cache)
    {
        var tables = NativeMethods.TableOptionsCreate();
        try
        {
            NativeMethods.TableOptionsSetBlockCache(tables, cache);
            // Within the cache, indexes and filters count against its limit instead of growing beside it.
            NativeMethods.TableOptionsSetCacheIndexAndFilterBlocks(tables, 1);
            NativeMethods.TableOptionsSetPinL0FilterAndIndexBlocks(tables, 1);
            NativeMethods.TableOptionsSetDataBlockIndexType(tables, DataBlockBinarySearchAndHash);
            if (settings.BloomBitsPerKey > 0)
            {
                // The table options own the policy from here on.
                NativeMethods.TableOptionsSetFilterPolicy(
                    tables, NativeMethods.FilterPolicyCreateBloomFull(settings.BloomBitsPerKey));
            }

            NativeMethods.OptionsSetBlockBasedTableFactory(handle, tables);
        }
        finally
        {
            NativeMethods.TableOptionsDestroy(tables);
        }
    }
}
