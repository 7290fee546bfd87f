namespace StreamFlow.State;

/// <summary>
/// Iterators of one cache, lent for one scan each. Between two commits the byte store does not change, so what an
/// iterator has open there serves its next scan too; a commit closes it.
/// </summary>
internal sealed class IteratorPool<TKey, TValue>(WriteBackCache<TKey, TValue> cache)
{
    // Scans within scans are rare, and what is kept holds memory of the byte store.
    private const int Kept = 4;
    private readonly Stack<StoreIterator<TKey, TValue>> _idle = new();

    public StoreIterator<TKey, TValue> Take(bool reverse)
    {
        var iterator = _idle.Count > 0 ? _idle.Pop() : new StoreIterator<TKey, TValue>(cache);
        iterator.Open(reverse);
        return iterator;
    }

    public void Return(StoreIterator<TKey, TValue> iterator)
    {
        if (_idle.Count == Kept || iterator.OpenedAt != cache.Commits)
        {
            iterator.Release();
        }

        if (_idle.Count < Kept)
        {
            _idle.Push(iterator);
        }
    }

    /// <summary>Closes what idle iterators have open.</summary>
    public void Release()
    {
        foreach (var iterator in _idle)
        {
            iterator.Release();
        }
    }
}
