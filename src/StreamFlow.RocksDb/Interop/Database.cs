using System.Buffers;
using System.Runtime.InteropServices;

namespace StreamFlow.RocksDb.Interop;

/// <summary>
/// An open RocksDB database with its column families. Any thread may read; <see cref="CloseWhenIdle"/> waits for calls under way
/// and closes the cursors that are still open, so that nothing native outlives the database.
/// </summary>
internal sealed unsafe partial class Database : SafeHandle
{
    private readonly RocksDbErrors _errors;
    private readonly nint _readOptions = NativeMethods.ReadOptionsCreate();
    private readonly nint _writeOptions = NativeMethods.WriteOptionsCreate();
    private readonly nint _flushOptions = NativeMethods.FlushOptionsCreate();
    private readonly nint[] _families;
    private readonly uint[] _familyIds;
    private readonly Lock _gate = new();
    private readonly HashSet<Cursor> _cursors = [];
    private readonly ManualResetEventSlim _released = new();

    private Database(nint database, nint[] families, RocksDbErrors errors)
        : base(0, ownsHandle: true)
    {
        _families = families;
        _familyIds = Array.ConvertAll(families, NativeMethods.ColumnFamilyGetId);
        _errors = errors;
        // The changelog is the log: after a crash the task replays it from the offset stored with the data.
        NativeMethods.WriteOptionsDisableWal(_writeOptions, 1);
        SetHandle(database);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Number of cursors not yet disposed.</summary>
    public int OpenCursors
    {
        get
        {
            lock (_gate)
            {
                return _cursors.Count;
            }
        }
    }

    /// <summary>Opens a database, creating what is missing.</summary>
    /// <param name="path">Folder of the database; its parent exists.</param>
    /// <param name="options">Settings of the database, and of column families on disk that nobody asks for.</param>
    /// <param name="families">Column families by the index they get, with their settings.</param>
    /// <param name="errors">Makes the exceptions.</param>
    public static Database Open(
        string path, OptionsHandle options, IReadOnlyList<(string Name, OptionsHandle Options)> families, RocksDbErrors errors)
    {
        // RocksDB opens a database only with all families it has, also with those nobody asks for.
        var others = ListFamilies(path, options, errors).Except(families.Select(family => family.Name));
        return OpenAll(path, options, [.. families, .. others.Select(name => (name, options))], errors);
    }

    public uint FamilyId(int family) => _familyIds[family];

    /// <summary>Looks a key up and appends its value.</summary>
    public bool TryGet(int family, ReadOnlySpan<byte> key, IBufferWriter<byte> value)
    {
        var entered = false;
        try
        {
            Enter(ref entered);
            byte* error = null;
            nint slice;
            fixed (byte* keyBytes = key)
            {
                slice = NativeMethods.GetPinned(
                    handle, _readOptions, _families[family], keyBytes, (nuint)key.Length, &error);
            }

            ThrowIf(error, "read");
            return slice != 0 && CopyPinned(slice, value);
        }
        finally
        {
            Leave(entered);
        }
    }

    /// <summary>Applies an encoded batch (see <see cref="WriteBatchEncoder"/>) as a whole.</summary>
    public void Write(ReadOnlySpan<byte> batch)
    {
        var entered = false;
        try
        {
            Enter(ref entered);
            byte* error = null;
            fixed (byte* bytes = batch)
            {
                var native = NativeMethods.WriteBatchCreateFrom(bytes, (nuint)batch.Length);
                NativeMethods.Write(handle, _writeOptions, native, &error);
                NativeMethods.WriteBatchDestroy(native);
            }

            ThrowIf(error, "write");
        }
        finally
        {
            Leave(entered);
        }
    }

    /// <summary>Writes the memtables of all families to disk, and waits for it; each family is consistent in itself.</summary>
    public void Flush()
    {
        var entered = false;
        try
        {
            Enter(ref entered);
            byte* error = null;
            fixed (nint* families = _families)
            {
                NativeMethods.Flush(handle, _flushOptions, families, _families.Length, &error);
            }

            ThrowIf(error, "flush");
        }
        finally
        {
            Leave(entered);
        }
    }

    /// <summary>Opens a cursor over the entries of this moment within bounds.</summary>
    public Cursor OpenCursor(int family, in Cursor.Bounds bounds)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            var held = false;
            DangerousAddRef(ref held);
            var cursor = new Cursor(this, handle, _families[family], bounds, _errors);
            _cursors.Add(cursor);
            return cursor;
        }
    }

    /// <summary>
    /// Closes open cursors and the database; returns when its files are free. Memtables are flushed, as RocksDB does on
    /// closing whenever there is no write-ahead log.
    /// </summary>
    public void CloseWhenIdle()
    {
        Cursor[] open;
        lock (_gate)
        {
            Dispose();
            open = [.. _cursors];
        }

        foreach (var cursor in open)
        {
            cursor.CloseWhenIdle();
        }

        _released.Wait();
    }

    internal void Forget(Cursor cursor)
    {
        lock (_gate)
        {
            _cursors.Remove(cursor);
        }
    }

    protected override bool ReleaseHandle()
    {
        foreach (var family in _families)
        {
            NativeMethods.ColumnFamilyDestroy(family);
        }

        NativeMethods.Close(handle);
        NativeMethods.ReadOptionsDestroy(_readOptions);
        NativeMethods.WriteOptionsDestroy(_writeOptions);
        NativeMethods.FlushOptionsDestroy(_flushOptions);
        _released.Set();
        return true;
    }

    private static Database OpenAll(
        string path, OptionsHandle options, (string Name, OptionsHandle Options)[] all, RocksDbErrors errors)
    {
        var names = Array.ConvertAll(all, family => Marshal.StringToCoTaskMemUTF8(family.Name));
        var settings = Array.ConvertAll(all, family => family.Options.DangerousGetHandle());
        var families = new nint[all.Length];
        try
        {
            byte* error = null;
            nint database;
            fixed (nint* namesBytes = names, settingsBytes = settings, familiesBytes = families)
            {
                database = NativeMethods.OpenColumnFamilies(
                    options, path, all.Length, namesBytes, settingsBytes, familiesBytes, &error);
            }

            ThrowIf(error, "open", errors);
            return new Database(database, families, errors);
        }
        finally
        {
            Array.ForEach(names, Marshal.FreeCoTaskMem);
            GC.KeepAlive(all);
        }
    }

    private static string[] ListFamilies(string path, OptionsHandle options, RocksDbErrors errors)
    {
        // The file names the database's manifest; without it there is no database yet.
        if (!File.Exists(Path.Combine(path, "CURRENT")))
        {
            return ["default"];
        }

        byte* error = null;
        nuint count = 0;
        var names = NativeMethods.ListColumnFamilies(options, path, &count, &error);
        ThrowIf(error, "open", errors);
        var result = new string[(int)count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Marshal.PtrToStringUTF8((nint)names[i])!;
        }

        NativeMethods.ListColumnFamiliesDestroy(names, count);
        return result;
    }

    private static bool CopyPinned(nint slice, IBufferWriter<byte> target)
    {
        try
        {
            nuint length;
            var bytes = NativeMethods.PinnedValue(slice, &length);
            target.Write(new ReadOnlySpan<byte>(bytes, checked((int)length)));
            return true;
        }
        finally
        {
            NativeMethods.PinnedDestroy(slice);
        }
    }

    /// <summary>Throws if there is an error, and frees it.</summary>
    internal static void ThrowIf(byte* error, string operation, RocksDbErrors errors)
    {
        if (TakeError(error) is { } message)
        {
            throw errors.Create(operation, message);
        }
    }

    /// <summary>The words of an error, which is freed; null if there is none.</summary>
    internal static string? TakeError(byte* error)
    {
        if (error == null)
        {
            return null;
        }

        var message = Marshal.PtrToStringUTF8((nint)error);
        NativeMethods.Free(error);
        return message;
    }

    private void ThrowIf(byte* error, string operation) => ThrowIf(error, operation, _errors);

    private void Enter(ref bool entered)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        DangerousAddRef(ref entered);
    }

    private void Leave(bool entered)
    {
        if (entered)
        {
            DangerousRelease();
        }
    }
}
