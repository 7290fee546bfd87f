using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Puts the entries of a cache into the task's batch and into the changelog.</summary>
internal sealed class EntryWriter<TKey, TValue>(KeyCodec<TKey> keys, ValueCodec<TValue> values)
{
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _value = new();

    /// <returns>Bytes of the value.</returns>
    public int Write(StateStoreContext context, in TKey key, ref readonly CacheEntry<TValue> entry)
    {
        _key.Clear();
        keys.WriteStoreKey(in key, _key);
        _value.Clear();
        if (entry.HasValue)
        {
            values.Write(entry.Value, entry.Timestamp, _value);
        }

        if (!keys.IsStored(in key))
        {
            // Expired since it was written: its result counts, but nothing may be put behind the removal of its segment.
        }
        else if (entry.HasValue)
        {
            context.Batch.Put(context.Index, _key.Written, _value.Written);
        }
        else
        {
            context.Batch.Delete(context.Index, _key.Written);
        }

        if (context.Changelog is not null)
        {
            _key.Clear();
            keys.WriteChangelogKey(in key, _key);
            var logged = entry.HasValue ? _value.Written[values.Prefix..] : default;
            context.Changelog.Append(_key.Written, logged, entry.HasValue, entry.Timestamp, headers: null);
        }

        return _value.Length;
    }
}
