using StreamFlow.Measuring;

namespace StreamFlow.State;

/// <content>What a store is called for, counted and, where that is asked for, timed.</content>
internal sealed partial class WriteBackCache<TKey, TValue>
{
    private StoreCounts _counts = new([], string.Empty, clock: null);
    private bool _isTimed;

    /// <summary>The entry of a key, read from the byte store if need be; without a value if there is none.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key)
    {
        _counts.Lookups++;
        if (!_isTimed)
        {
            return ref FindEntry(in key);
        }

        var began = _counts.Begin();
        ref var entry = ref FindEntry(in key);
        _counts.End(StoreOperation.Get, began);
        return ref entry;
    }

    /// <summary>Writes an entry that <see cref="Find"/> has returned.</summary>
    public void Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        var began = _isTimed ? _counts.Begin() : 0;
        _overlay.Write(
            ref Verified(ref entry), new StoredValue<TValue>(value, hasValue, timestamp, headers), isBlind: false, Context, Share);
        EndPut(began);
    }

    /// <summary>Writes a key without looking what is there.</summary>
    public void Put(in TKey key, TValue value, bool hasValue, long timestamp, Headers? headers)
    {
        var began = _isTimed ? _counts.Begin() : 0;
        PutEntry(in key, value, hasValue, timestamp, headers);
        EndPut(began);
    }

    /// <summary>Stages all dirty entries; see <see cref="StateStore.Flush"/>.</summary>
    public void Flush()
    {
        if (!IsDirty)
        {
            return;
        }

        var began = _isTimed ? _counts.Begin() : 0;
        _lastFound = -1;
        _overlay.Flush(Context, Share);
        if (_isTimed)
        {
            _counts.End(StoreOperation.Flush, began);
        }
    }

    /// <summary>Begins a scan of entries as they are now: the caller adds ranges and disposes it.</summary>
    public StoreIterator<TKey, TValue> Scan(bool reverse)
    {
        if (!_isTimed)
        {
            return _iterators.Take(reverse);
        }

        var began = _counts.Begin();
        var iterator = _iterators.Take(reverse);
        _counts.End(StoreOperation.Range, began);
        return iterator;
    }

    private void EndPut(long began)
    {
        if (_isTimed)
        {
            _counts.End(StoreOperation.Put, began);
        }
    }
}
