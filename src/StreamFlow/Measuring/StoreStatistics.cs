namespace StreamFlow.Measuring;

/// <summary>What a backend may know of its stores; the names are RocksDB's properties.</summary>
/// <param name="Name">What the backend calls it.</param>
/// <param name="Instrument">What it is measured as.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Description">What it is.</param>
internal sealed record StoreStatistics(string Name, string Instrument, string Unit, string Description)
{
    public static readonly StoreStatistics[] All =
    [
        new("rocksdb.block-cache-usage", "streamflow.rocksdb.block_cache.usage", "By", "Bytes in the block cache, which stores share."),
        new("rocksdb.block-cache-pinned-usage", "streamflow.rocksdb.block_cache.pinned", "By", "Bytes in the block cache that are in use."),
        new("rocksdb.block-cache-capacity", "streamflow.rocksdb.block_cache.limit", "By", "Bytes that the block cache may have."),
        new("rocksdb.cur-size-all-mem-tables", "streamflow.rocksdb.memtables.size", "By", "Bytes of memtables that are not on disk yet."),
        new("rocksdb.num-immutable-mem-table", "streamflow.rocksdb.memtables.waiting", "{memtable}", "Memtables that are full and wait for the disk."),
        new("rocksdb.estimate-num-keys", "streamflow.rocksdb.keys", "{key}", "Keys; an estimate."),
        new("rocksdb.live-sst-files-size", "streamflow.rocksdb.files.size", "By", "Bytes of the files that are in use."),
        new("rocksdb.estimate-table-readers-mem", "streamflow.rocksdb.table_readers.size", "By", "Bytes of indexes and filters outside the block cache."),
        new("rocksdb.compaction-pending", "streamflow.rocksdb.compaction.pending", "{store}", "1 while files are to be merged."),
        new("rocksdb.estimate-pending-compaction-bytes", "streamflow.rocksdb.compaction.pending.size", "By", "Bytes that are to be rewritten; an estimate."),
        new("rocksdb.num-running-compactions", "streamflow.rocksdb.compactions", "{compaction}", "Merges that run."),
        new("rocksdb.num-running-flushes", "streamflow.rocksdb.flushes", "{flush}", "Memtables that are being written."),
        new("rocksdb.background-errors", "streamflow.rocksdb.errors", "{error}", "Merges and flushes that have failed."),
    ];
}
