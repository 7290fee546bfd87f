using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// The uncommitted entries of a cache in the order of their store keys. Kept from the first range read on, because many
/// stores never have one.
/// </summary>
internal sealed class KeyOrder<TKey, TValue>(EntrySlab<TKey, TValue> slab, KeyCodec<TKey> keys)
{
    private readonly ByteTree<int> _tree = new();
    private readonly PooledBuffer _buffer = new();
    private bool _isKept;

    /// <summary>One more entry is uncommitted.</summary>
    public void Add(int slot)
    {
        if (_isKept)
        {
            Insert(slot);
        }
    }

    public void Clear() => _tree.Clear();

    /// <summary>Copies the entries of a range as they are now.</summary>
    /// <param name="uncommitted">Slots of all uncommitted entries.</param>
    /// <param name="from">First key; empty for the lowest.</param>
    /// <param name="to">Key after the last; empty for no bound.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <param name="copies">Gets the copies.</param>
    public void Copy(
        List<int> uncommitted,
        ReadOnlySpan<byte> from,
        ReadOnlySpan<byte> to,
        bool reverse,
        List<PendingEntry<TKey, TValue>> copies)
    {
        if (!_isKept)
        {
            _isKept = true;
            foreach (var slot in uncommitted)
            {
                Insert(slot);
            }
        }

        var cursor = _tree.Range(from, to, reverse);
        while (cursor.MoveNext())
        {
            ref var entry = ref slab[cursor.Item];
            copies.Add(new PendingEntry<TKey, TValue>(
                cursor.Key, slab.Key(cursor.Item), entry.Value, entry.HasValue, entry.Timestamp));
        }
    }

    private void Insert(int slot)
    {
        _buffer.Clear();
        keys.WriteStoreKey(in slab.Key(slot), _buffer);
        _tree.Set(_buffer.Written, slot);
    }
}

/// <summary>An uncommitted entry as it was when an iterator was opened.</summary>
internal readonly record struct PendingEntry<TKey, TValue>(
    byte[] StoreKey, TKey Key, TValue Value, bool HasValue, long Timestamp);
