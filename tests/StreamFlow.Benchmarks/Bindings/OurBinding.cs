using System.Buffers;
using StreamFlow.State;

namespace StreamFlow.Benchmarks.Bindings;

/// <summary>StreamFlow.RocksDb, as a task uses it.</summary>
internal sealed class OurBinding : IBinding
{
    private readonly IStoreBackend _backend;
    private readonly StoreBatch _batch = new();
    private readonly ArrayBufferWriter<byte> _value = new(256);

    public OurBinding(string folder)
    {
        var options = new RocksDbOptions
        {
            BlockCacheBytes = BindingSide.CacheBytes,
            MemtableBytes = BindingSide.MemtableBytes,
            Compression = RocksDbCompression.None,
            // RocksDbSharp cannot set it.
            Options = "memtable_whole_key_filtering=false;memtable_prefix_bloom_size_ratio=0",
        };
        _backend = new RocksDbBackendFactory(options).Open(new TaskId(0, 0), folder, ["store"]);
    }

    public void Put(ReadOnlySpan<(byte[] Key, byte[] Value)> pairs)
    {
        _batch.Clear();
        foreach (var (key, value) in pairs)
        {
            _batch.Put(0, key, value);
        }

        _backend.Write(_batch);
    }

    public int Get(byte[] key)
    {
        _value.ResetWrittenCount();
        return _backend.Stores[0].TryGet(key, _value) ? _value.WrittenCount : -1;
    }

    public long Scan()
    {
        long bytes = 0;
        using var entries = _backend.Stores[0].Range([], []);
        while (entries.MoveNext())
        {
            bytes += entries.Key.Length + entries.Value.Length;
        }

        return bytes;
    }

    public void Dispose() => _backend.Dispose();
}
