using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Puts the entries of a cache into the task's batch and into the changelog.</summary>
internal sealed class EntryWriter<TKey, TValue>(KeyCodec<TKey> keys, ValueFormat<TValue> values)
{
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _value = new();

    /// <returns>Bytes of the value.</returns>
    public int Write(
        StateStoreContext context, in TKey key, ReadOnlySpan<byte> storeKey, ref readonly CacheEntry<TValue> entry)
    {
        if (storeKey.IsEmpty)
        {
            _key.Clear();
            keys.WriteStoreKey(in key, _key);
            storeKey = _key.Written;
        }

        _value.Clear();
        if (entry.HasValue)
        {
            values.Write(entry.Value, entry.Timestamp, entry.Headers, _value);
        }

        if (!keys.IsStored(in key))
        {
            // Expired since it was written: its result counts, but nothing may be put behind the removal of its segment.
        }
        else if (entry.HasValue)
        {
            context.Batch.Put(context.Index, storeKey, _value.Written);
        }
        else
        {
            context.Batch.Delete(context.Index, storeKey);
        }

        var logged = entry.HasValue ? values.ChangelogValue(_value.Written) : default;
        context.Changelog?.Append(
            keys.ChangelogKey(storeKey), logged, entry.HasValue, entry.Timestamp, values.KeepsHeaders ? entry.Headers : null);
        return _value.Length;
    }

    /// <summary>What the byte store has of a key.</summary>
    public (TValue Value, bool HasValue) ReadCommitted(StateStoreContext context, in TKey key)
    {
        _key.Clear();
        keys.WriteStoreKey(in key, _key);
        _value.Clear();
        return context.Bytes.TryGet(_key.Written, _value) ? (values.Read(_value.Written, out _, out _), true) : (default!, false);
    }

    /// <summary>Gives the memory of exceptionally large entries back.</summary>
    public void Trim()
    {
        _key.Trim();
        _value.Trim();
    }
}
