namespace StreamFlow.State;

/// <summary>
/// The memory that the caches of one stream thread share. Dirty entries cannot be evicted: they are uncommitted. So when
/// they outgrow their limit the thread commits early, which has the effect of Kafka Streams' eviction (everything dirty
/// is forwarded and logged) and bounds uncommitted data at the same time.
/// </summary>
internal sealed class CacheBudget
{
    /// <summary>
    /// Clean entries that may stay whatever the limit says. They are a pure read cache, so <c>cache.max.bytes = 0</c>,
    /// which asks for updates to be forwarded one by one, does not ask for every read to go down to the bytes.
    /// </summary>
    public const long MinCleanBytes = 4 * 1024 * 1024;

    /// <summary>What the filters of keys may take, beside the entries; where it is used up, stores do without.</summary>
    public const long MaxFilterBytes = 8 * 1024 * 1024;

    private readonly long _minCleanBytes;
    private int _caches;

    public CacheBudget(long maxCacheBytes, long maxUncommittedBytes, long minCleanBytes = MinCleanBytes)
    {
        _minCleanBytes = minCleanBytes;
        MaxCacheBytes = maxCacheBytes;
        MaxUncommittedBytes = maxUncommittedBytes;
        EmitOnUpdate = maxCacheBytes == 0;
    }

    /// <summary>The thread's share of <c>statestore.cache.max.bytes</c>, for clean and dirty entries together.</summary>
    public long MaxCacheBytes { get; }

    /// <summary>Uncommitted bytes at which the thread commits early.</summary>
    public long MaxUncommittedBytes { get; }

    /// <summary>Whether every update is forwarded at once, because there is no record cache.</summary>
    public bool EmitOnUpdate { get; }

    /// <summary>Bytes of entries that are written but not committed.</summary>
    public long DirtyBytes { get; private set; }

    /// <summary>Entries that are written but not flushed: a commit has to serialize and hand on each.</summary>
    public int DirtyRows { get; private set; }

    /// <summary>Entries that are not flushed at which the thread commits early, so that the flush is done in time.</summary>
    public int MaxDirtyRows { get; set; } = int.MaxValue;

    /// <summary>Whether there is as much to flush as the next commit can do in time.</summary>
    public bool IsFlushDue => DirtyRows >= MaxDirtyRows;

    /// <summary>Bytes of entries that are as the byte store has them.</summary>
    public long CleanBytes { get; private set; }

    /// <summary>Bytes of the filters that spare stores the search for keys they do not have.</summary>
    public long FilterBytes { get; private set; }

    /// <summary>Whether the thread should commit without waiting for the interval.</summary>
    public bool CommitDue =>
        IsFlushDue || DirtyBytes > MaxUncommittedBytes || (!EmitOnUpdate && DirtyBytes > MaxCacheBytes);

    /// <summary>What the dirty entries leave to the clean ones.</summary>
    public long CleanLimit => Math.Max(MaxCacheBytes - DirtyBytes, _minCleanBytes);

    public void AddDirty(long bytes) => DirtyBytes += bytes;

    public void AddDirtyRows(int rows) => DirtyRows += rows;

    public void AddClean(long bytes) => CleanBytes += bytes;

    public void AddFilter(long bytes) => FilterBytes += bytes;

    /// <summary>One more cache shares the budget.</summary>
    public void Join() => _caches++;

    public void Leave() => _caches--;

    /// <summary>
    /// Whether a cache that holds that many clean bytes is to evict. Each cache evicts only its own entries, because
    /// references to those of another may be in use, and none below an equal share, so that a large store cannot starve
    /// a small one.
    /// </summary>
    public bool MustEvict(long ownCleanBytes)
    {
        var limit = CleanLimit;
        return CleanBytes > limit && ownCleanBytes > limit / Math.Max(_caches, 1);
    }
}
