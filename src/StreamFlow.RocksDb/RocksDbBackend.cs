using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using StreamFlow.RocksDb.Interop;
using StreamFlow.State;

namespace StreamFlow.RocksDb;

/// <summary>
/// The stores of one task: a RocksDB database with a column family per store. The changelog offset of a store lies in the
/// store's own family and is written with its data, so that whatever a crash leaves of a family is a state the store once
/// had, with the offset it had then (docs/adr/0009).
/// </summary>
internal sealed class RocksDbBackend : IStoreBackend
{
    private const int FormatVersion = 1;
    private const int FormatFamily = 0;
    private const int FirstStoreFamily = 1;
    private const long NoOffset = -1;

    private readonly Database _database;
    private readonly RocksDbErrors _errors;
    private readonly WriteBatchEncoder _encoder = new();
    private readonly BulkTables _tables;
    private readonly RocksDbStore[] _stores;
    private readonly long[] _offsets;

    private RocksDbBackend(
        Database database, IReadOnlyList<string> storeNames, RocksDbErrors errors, BulkTables tables)
    {
        _database = database;
        _errors = errors;
        _stores = [.. storeNames.Select((name, i) => new RocksDbStore(database, FirstStoreFamily + i, name))];
        _offsets = new long[storeNames.Count];
        CheckFormat();
        for (var store = 0; store < _offsets.Length; store++)
        {
            _offsets[store] = ReadOffset(store);
        }

        _tables = tables;
        _tables.Clean();
    }

    public bool IsPersistent => true;

    public IReadOnlyList<IByteStore> Stores => _stores;

    // The byte 0 is KeySpace.Meta.
    private static ReadOnlySpan<byte> FormatKey => "\0format"u8;

    /// <summary>Whether files of a store are being merged or are about to be.</summary>
    internal bool IsMerging(int store) => _database.IsMerging(FamilyOf(store));

    /// <summary>Number of iterators that were not disposed.</summary>
    internal int OpenIterators => _database.OpenCursors;

    public static RocksDbBackend Open(
        string path, IReadOnlyList<string> storeNames, SharedSettings settings, RocksDbErrors errors)
    {
        // "default" is RocksDB's own family; the prefix lets a store have that name too.
        (string Name, FamilySettings Settings)[] families =
            [("default", settings.Usual), .. storeNames.Select(name => ("store." + name, settings.OfStore(name)))];
        DiskRoom.Require(path, errors);
        var database = Database.Open(
            path, settings.Usual.Options, Array.ConvertAll(families, family => (family.Name, family.Settings.Options)), errors);
        try
        {
            var tables = new BulkTables(
                database, Array.ConvertAll(families, family => family.Settings), path + ".bulk", errors);
            return new RocksDbBackend(database, storeNames, errors, tables);
        }
        catch
        {
            database.CloseWhenIdle();
            throw;
        }
    }

    public bool TryGetChangelogOffset(int store, out long offset)
    {
        CheckStore(store);
        offset = Volatile.Read(ref _offsets[store]);
        return offset != NoOffset;
    }

    public void Write(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (BulkTables.Fits(batch))
        {
            _tables.Write(batch, FamilyOf(batch.ChangelogOffsets.Keys.First()));
        }
        else if (!WriteToMemtables(batch))
        {
            return;
        }

        foreach (var (store, offset) in batch.ChangelogOffsets)
        {
            Volatile.Write(ref _offsets[store], offset);
        }
    }

    public void Flush() => _database.Flush();

    public void Dispose() => _database.CloseWhenIdle();

    private bool WriteToMemtables(StoreBatch batch)
    {
        Encode(batch);
        if (_encoder.Count == 0)
        {
            return false;
        }

        // Both before the write: an error here must mean, as any other, that nothing of the batch was applied.
        foreach (var store in batch.ChangelogOffsets.Keys)
        {
            _tables.End(FamilyOf(store));
        }

        _database.Write(_encoder.Encoded);
        return true;
    }

    private int FamilyOf(int store)
    {
        CheckStore(store);
        return FirstStoreFamily + store;
    }

    private void Encode(StoreBatch batch)
    {
        _encoder.Clear();
        for (var i = 0; i < batch.Count; i++)
        {
            var change = batch[i];
            var family = _database.FamilyId(FamilyOf(change.Store));
            switch (change.Kind)
            {
                case StoreChangeKind.Put:
                    _encoder.Put(family, KeySpace.Data, change.Key, change.Value);
                    break;
                case StoreChangeKind.Delete:
                    _encoder.Delete(family, KeySpace.Data, change.Key);
                    break;
                case StoreChangeKind.DeleteRange:
                    _encoder.DeleteRange(family, KeySpace.Data, change.Key, change.Value);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"Unknown change {change.Kind}.");
            }
        }

        Span<byte> bytes = stackalloc byte[sizeof(long)];
        foreach (var (store, offset) in batch.ChangelogOffsets)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset, nameof(batch));
            BinaryPrimitives.WriteInt64BigEndian(bytes, offset);
            _encoder.Put(_database.FamilyId(FamilyOf(store)), KeySpace.Meta, default, bytes);
        }
    }

    private void CheckStore(int store)
    {
        if ((uint)store >= (uint)_stores.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(store), store, $"Task {_errors.TaskId} has {_stores.Length} stores; the index counts from 0.");
        }
    }

    private void CheckFormat()
    {
        var value = new ArrayBufferWriter<byte>();
        if (!_database.TryGet(FormatFamily, FormatKey, value))
        {
            // A new database, or one whose creation a crash cut short; either way it holds no data yet.
            _encoder.Clear();
            var version = FormatVersion.ToString(CultureInfo.InvariantCulture);
            _encoder.Put(
                _database.FamilyId(FormatFamily), KeySpace.Meta, FormatKey[KeySpace.Length..], Encoding.ASCII.GetBytes(version));
            _database.Write(_encoder.Encoded);
            _database.Flush();
            return;
        }

        if (!int.TryParse(value.WrittenSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var found))
        {
            throw _errors.Unreadable("its format version is not a number");
        }

        if (found != FormatVersion)
        {
            throw new StateStoreException(
                $"The state of task {_errors.TaskId} is in format {found}, this version of StreamFlow reads format " +
                $"{FormatVersion}. Go back to the version that wrote it, or delete the task's state directory: it is " +
                "then rebuilt from the changelog.");
        }
    }

    private long ReadOffset(int store)
    {
        var value = new ArrayBufferWriter<byte>(sizeof(long));
        if (!_database.TryGet(FirstStoreFamily + store, [KeySpace.Meta], value))
        {
            return NoOffset;
        }

        return value.WrittenCount == sizeof(long)
            ? BinaryPrimitives.ReadInt64BigEndian(value.WrittenSpan)
            : throw _errors.Unreadable($"the changelog offset of store '{_stores[store].Name}' is not 8 bytes");
    }
}
