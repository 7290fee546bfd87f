using System.Buffers;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Puts the entries of a cache into the task's batch and into the changelog.</summary>
internal sealed class EntryWriter<TKey, TValue>(KeyCodec<TKey> keys, ValueFormat<TValue> values)
{
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _value = new();
    private readonly PooledBuffer _committed = new();
    private bool _isStored;

    /// <summary>Whether the key of the last entry could be serialized.</summary>
    public bool HasKey { get; private set; }

    /// <summary>Serializes an entry.</summary>
    /// <returns>Bytes of the value.</returns>
    public int Serialize(in TKey key, ReadOnlySpan<byte> storeKey, ref readonly CacheEntry<TValue> entry)
    {
        HasKey = false;
        _key.Clear();
        if (storeKey.IsEmpty)
        {
            keys.WriteStoreKey(in key, _key);
        }
        else
        {
            _key.Write(storeKey);
        }

        HasKey = true;
        _isStored = keys.IsStored(in key);
        _value.Clear();
        if (entry.HasValue)
        {
            values.Write(entry.Value, entry.Timestamp, entry.Headers, _value);
        }

        return _value.Length;
    }

    /// <summary>Puts the entry that was serialized last into the changelog and, once that has it, into the batch.</summary>
    /// <exception cref="KafkaClientException">Refused: it is in neither.</exception>
    public void Stage(StateStoreContext context, ref readonly CacheEntry<TValue> entry)
    {
        var isLogged = entry.HasValue && values.IsLogged(_value.Written);
        var logged = isLogged ? values.ChangelogValue(_value.Written) : default;
        var headers = values.KeepsHeaders ? entry.Headers : isLogged ? values.ChangelogHeaders : null;
        context.Changelog?.Append(keys.ChangelogKey(_key.Written), logged, isLogged, entry.Timestamp, headers);
        if (!_isStored)
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
    }

    /// <summary>Bytes of the value that <see cref="ReadCommitted"/> has found last.</summary>
    public int CommittedBytes => _committed.Length;

    /// <summary>What the byte store has of the key that was serialized last.</summary>
    public StoredValue<TValue> ReadCommitted(StateStoreContext context)
    {
        _committed.Clear();
        if (!context.Bytes.TryGet(_key.Written, _committed))
        {
            return new StoredValue<TValue>(default!, HasValue: false, ValueFormat<TValue>.NoTimestamp, null);
        }

        var value = values.Read(_committed.Written, out var timestamp, out var headers);
        return new StoredValue<TValue>(value, HasValue: true, timestamp, headers);
    }

    /// <summary>Gives the memory of exceptionally large entries back.</summary>
    public void Trim()
    {
        _key.Trim();
        _value.Trim();
        _committed.Trim();
    }
}
