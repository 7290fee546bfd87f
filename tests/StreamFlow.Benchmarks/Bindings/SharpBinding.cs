using RocksDbSharp;

namespace StreamFlow.Benchmarks.Bindings;

/// <summary>RocksDbSharp, the managed API of the package whose library both use, with the same settings.</summary>
internal sealed class SharpBinding : IBinding
{
    private readonly RocksDbSharp.RocksDb _database;
    private readonly WriteOptions _write = new WriteOptions().DisableWal(1);

    public SharpBinding(string folder)
    {
        var tables = new BlockBasedTableOptions()
            .SetBlockCache(Cache.CreateLru(BindingSide.CacheBytes))
            .SetCacheIndexAndFilterBlocks(true)
            .SetPinL0FilterAndIndexBlocksInCache(true)
            .SetFilterPolicy(BloomFilterPolicy.Create(10, false));
        var options = new DbOptions()
            .SetCreateIfMissing(true)
            .SetWriteBufferSize(BindingSide.MemtableBytes)
            .SetMaxWriteBufferNumber(3)
            .SetMaxBackgroundCompactions(2)
            .SetAllowConcurrentMemtableWrite(false)
            .SetCompression(Compression.No)
            .SetInfoLogLevel(InfoLogLevel.Error)
            .SetBlockBasedTableFactory(tables);
        _database = RocksDbSharp.RocksDb.Open(options, Path.Combine(folder, "rocksdb"));
    }

    public void Put(ReadOnlySpan<(byte[] Key, byte[] Value)> pairs)
    {
        if (pairs.Length == 1)
        {
            _database.Put(pairs[0].Key, pairs[0].Value, writeOptions: _write);
            return;
        }

        using var batch = new WriteBatch();
        foreach (var (key, value) in pairs)
        {
            batch.Put(key, value);
        }

        _database.Write(batch, _write);
    }

    public int Get(byte[] key) => _database.Get(key)?.Length ?? -1;

    public long Scan()
    {
        long bytes = 0;
        using var entries = _database.NewIterator();
        for (entries.SeekToFirst(); entries.Valid(); entries.Next())
        {
            bytes += entries.Key().Length + entries.Value().Length;
        }

        return bytes;
    }

    public void Dispose() => _database.Dispose();
}
