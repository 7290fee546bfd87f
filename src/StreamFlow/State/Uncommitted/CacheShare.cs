namespace StreamFlow.State;

/// <summary>What one cache takes of its thread's <see cref="CacheBudget"/>.</summary>
internal sealed class CacheShare
{
    private readonly CacheBudget _budget;
    private long _cleanBytes;
    private long _dirtyBytes;
    private int _dirtyRows;

    public CacheShare(CacheBudget budget)
    {
        _budget = budget;
        budget.Join();
    }

    /// <summary>Bytes of its entries. On any thread, then as of a moment ago.</summary>
    public long Bytes => Volatile.Read(ref _cleanBytes) + Volatile.Read(ref _dirtyBytes);

    public bool MustEvict => _budget.MustEvict(_cleanBytes);

    public void AddDirty(long bytes)
    {
        _dirtyBytes += bytes;
        _budget.AddDirty(bytes);
    }

    /// <summary>Entries were written first since the last flush, or flushed.</summary>
    public void AddDirtyRows(int rows)
    {
        _dirtyRows += rows;
        _budget.AddDirtyRows(rows);
    }

    public void AddClean(long bytes)
    {
        _cleanBytes += bytes;
        _budget.AddClean(bytes);
    }

    public void MoveToDirty(long bytes)
    {
        AddClean(-bytes);
        AddDirty(bytes);
    }

    /// <summary>What was dirty is clean now.</summary>
    public void Commit()
    {
        AddClean(_dirtyBytes);
        AddDirty(-_dirtyBytes);
    }

    /// <summary>Gives everything back; the cache is empty.</summary>
    public void Clear()
    {
        AddClean(-_cleanBytes);
        AddDirty(-_dirtyBytes);
        AddDirtyRows(-_dirtyRows);
    }

    /// <summary>Gives everything back and no longer counts as one of those that share.</summary>
    public void Leave()
    {
        Clear();
        _budget.Leave();
    }
}
