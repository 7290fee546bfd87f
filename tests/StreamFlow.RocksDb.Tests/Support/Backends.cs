using System.Buffers;
using System.Text;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests.Support;

/// <summary>Short ways to open stores, and to read and write text in them.</summary>
internal static class Backends
{
    public static readonly TaskId TaskId = new(0, 1);

    public static RocksDbOptions Small { get; } = new()
    {
        BlockCacheBytes = 1 << 20,
        MemtableBytes = 64 << 10,
        WriteBufferBytes = 1 << 20,
    };

    public static IStoreBackend Open(string folder, params string[] stores) =>
        new RocksDbBackendFactory(Small).Open(TaskId, folder, stores);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    public static byte[]? Get(this IByteStore store, ReadOnlySpan<byte> key)
    {
        var value = new ArrayBufferWriter<byte>();
        return store.TryGet(key, value) ? value.WrittenSpan.ToArray() : null;
    }

    public static string? Get(this IByteStore store, string key) =>
        store.Get(Bytes(key)) is { } value ? Text(value) : null;

    public static void Put(this IStoreBackend backend, int store, string key, string value, long? offset = null)
    {
        var batch = new StoreBatch();
        batch.Put(store, Bytes(key), Bytes(value));
        if (offset is { } next)
        {
            batch.SetChangelogOffset(store, next);
        }

        backend.Write(batch);
    }

    public static string Read(this IByteStore store, string from = "", string to = "", bool reverse = false)
    {
        using var entries = store.Range(Bytes(from), Bytes(to), reverse);
        var text = new StringBuilder();
        while (entries.MoveNext())
        {
            text.Append(Text(entries.Key)).Append('=').Append(Text(entries.Value)).Append(' ');
        }

        return text.ToString().TrimEnd();
    }
}
