using System.Runtime.InteropServices;

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

/// <summary>
/// The memory that the memtables of all databases share. When they outgrow it, the largest of them all is written to disk,
/// whichever database writes: one that is idle does not make the others flush crumbs. Writes do not wait for it.
/// </summary>
internal sealed class WriteBufferHandle : SafeHandle
{
    // RocksDB's kLargestAcrossDBs: a number of the C API, proven by its effect in a test.
    private const int LargestAcrossDatabases = 2;

    public WriteBufferHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Memory of all memtables, those that are being written to disk included.</summary>
    public long UsedBytes => (long)NativeMethods.WriteBufferMemoryUsage(this);

    public static WriteBufferHandle Create(long bytes) =>
        NativeMethods.WriteBufferCreate((nuint)bytes, allowStall: 0, LargestAcrossDatabases);

    protected override bool ReleaseHandle()
    {
        NativeMethods.WriteBufferDestroy(handle);
        return true;
    }
}

/// <summary>
/// Settings of a database, or of a column family. They are given in RocksDB's own words, whose meaning does not move as
/// the numbers of an enumeration do; RocksDB copies them when it opens a database.
/// </summary>
internal sealed unsafe class OptionsHandle : SafeHandle
{
    public OptionsHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Files of the first level of which RocksDB merges that level.</summary>
    public int MergeTrigger => NativeMethods.OptionsGetMergeTrigger(this);

    /// <summary>RocksDB's defaults with what all databases share.</summary>
    public static OptionsHandle Create(CacheHandle cache, WriteBufferHandle writeBuffers)
    {
        var options = NativeMethods.OptionsCreate();
        NativeMethods.OptionsSetWriteBufferManager(options, writeBuffers);
        var tables = NativeMethods.TableOptionsCreate();
        NativeMethods.TableOptionsSetBlockCache(tables, cache);
        NativeMethods.OptionsSetBlockBasedTableFactory(options, tables);
        NativeMethods.TableOptionsDestroy(tables);
        return options;
    }

    /// <summary>The same settings with some changed.</summary>
    /// <param name="changes">Pairs <c>name=value;</c>, as RocksDB writes them in its file OPTIONS.</param>
    /// <param name="error">RocksDB's words for what it refuses, or null.</param>
    public OptionsHandle? TryWith(string changes, out string? error)
    {
        var options = NativeMethods.OptionsCreate();
        byte* message = null;
        NativeMethods.OptionsFromString(this, changes, options, &message);
        error = Database.TakeError(message);
        if (error is null)
        {
            return options;
        }

        options.Dispose();
        return null;
    }

    /// <summary>The same settings with some of ours changed.</summary>
    /// <exception cref="InvalidOperationException">The library does not know them.</exception>
    public OptionsHandle With(string changes) =>
        TryWith(changes, out var error) ?? throw new InvalidOperationException(
            $"RocksDB's native library refuses the settings '{changes}' ({error}). Is the library that " +
            $"{RocksDbLibrary.PathVariable} names a RocksDB 11.12?");

    protected override bool ReleaseHandle()
    {
        NativeMethods.OptionsDestroy(handle);
        return true;
    }
}
