using System.Buffers;
using StreamFlow.RocksDb.Interop;
using StreamFlow.State;

namespace StreamFlow.RocksDb;

/// <summary>One store: a column family.</summary>
internal sealed class RocksDbStore(Database database, int family, string name) : IByteStore
{
    private const int MaxStackKey = 128;

    public string Name => name;

    /// <summary>RocksDB's estimate: entries that a later write replaced count until they are compacted away.</summary>
    public long ApproximateCount => Math.Max(0, database.Property(family, "rocksdb.estimate-num-keys"u8) - 1);

    public long? Statistic(string name) => database.TryGetProperty(family, name);

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value)
    {
        var length = KeySpace.Length + key.Length;
        if (length <= MaxStackKey)
        {
            Span<byte> stack = stackalloc byte[MaxStackKey];
            return database.TryGet(family, Prefix(stack[..length], key), value);
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            return database.TryGet(family, Prefix(rented.AsSpan(0, length), key), value);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    public ByteIterator Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false) =>
        new RocksDbIterator(database.OpenCursor(family, new Cursor.Bounds(KeySpace.Data, from, to, reverse)));

    private static ReadOnlySpan<byte> Prefix(Span<byte> target, ReadOnlySpan<byte> key)
    {
        target[0] = KeySpace.Data;
        key.CopyTo(target[KeySpace.Length..]);
        return target;
    }
}
