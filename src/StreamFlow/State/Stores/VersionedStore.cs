using System.Buffers;
using System.Buffers.Binary;
using StreamFlow.Clients;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A versioned store: per key every value with the time from which it is valid. The latest version never goes; earlier ones
/// can be read as of a time up to the history retention before the latest time that was written. A version that is older
/// than that when it comes is refused.
/// </summary>
internal sealed class VersionedStore<TKey, TValue> : StateStore
{
    private readonly ISerde<TKey> _keySerde;
    private readonly WindowExpiry _expiry;
    private readonly VersionKeyCodec<TKey> _keys;
    private readonly WriteBackCache<VersionKey<TKey>, RowVersion<TValue>> _cache;
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="historyRetentionMs">How long behind the latest time earlier versions can be read.</param>
    public VersionedStore(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, long historyRetentionMs)
        : base(name)
    {
        _keySerde = keySerde;
        // The version exactly a retention old still counts, of windows it does not.
        _expiry = new WindowExpiry(historyRetentionMs + 1);
        _keys = new VersionKeyCodec<TKey>(keySerde);
        _cache = new WriteBackCache<VersionKey<TKey>, RowVersion<TValue>>(
            name,
            _keys,
            new ValueFormat<RowVersion<TValue>>(name, new VersionSerde<TValue>(valueSerde), StoreFormat.Versioned));
    }

    /// <summary>Latest time written, -1 before the first.</summary>
    public long StreamTime => _expiry.StreamTime;

    public override bool IsDirty => _cache.IsDirty;

    public override void Open(StateStoreContext context)
    {
        _cache.Open(context);
        Restored();
    }

    /// <summary>Sets what is valid from a time on, until the next version: a value, or that there is none.</summary>
    /// <returns>False if the time is before the history, which was reported then.</returns>
    public bool Put(in TKey key, TValue value, bool hasValue, long timestamp)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(timestamp);
        if (_expiry.IsExpired(timestamp))
        {
            _cache.Context.Dropped(WindowExpiry.Reason);
            return false;
        }

        _expiry.Advance(timestamp);
        _cache.Put(
            new VersionKey<TKey>(key, timestamp), new RowVersion<TValue>(value, hasValue), hasValue: true, timestamp, headers: null);
        RemoveHistory(in key);
        return true;
    }

    /// <summary>The latest version.</summary>
    /// <returns>False if there is no value now.</returns>
    public bool TryGet(in TKey key, out ValueAndTimestamp<TValue> value) => TryGet(in key, long.MaxValue, out value);

    /// <summary>The version that was valid at a time; before the history, only one that still is.</summary>
    /// <returns>False if there was no value, or nobody knows.</returns>
    public bool TryGet(in TKey key, long asOf, out ValueAndTimestamp<TValue> value)
    {
        value = default;
        if (asOf < 0)
        {
            return false;
        }

        using var versions = Versions(in key, 0, asOf);
        if (!versions.MoveNext() || !versions.Value.HasValue)
        {
            return false;
        }

        if (asOf < _expiry.FirstLiveStart)
        {
            using var later = Versions(in key, versions.Key.Timestamp + 1, long.MaxValue);
            if (later.MoveNext())
            {
                return false;
            }
        }

        value = new ValueAndTimestamp<TValue>(versions.Value.Value, versions.Key.Timestamp);
        return true;
    }

    public override void Flush()
    {
        _cache.Flush();
        if (_expiry.HasAdvanced)
        {
            WriteStreamTime(_cache.Context.Batch);
        }
    }

    public override void Rollback()
    {
        _cache.Rollback();
        _expiry.Rollback();
    }

    public override void Committed()
    {
        _cache.Committed();
        _expiry.Commit();
    }

    public override void Close() => _cache.Close();

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        if (_expiry.IsExpired(record.Timestamp))
        {
            return;
        }

        _to.Clear();
        VersionKeyCodec<TKey>.WriteStoreKey(record.Key, record.Timestamp, _to);
        batch.Put(_cache.Context.Index, _to.Written, _cache.Values.Restore(in record, headers, _from));
        if (record.Timestamp > StreamTime)
        {
            _expiry.Advance(record.Timestamp);
            WriteStreamTime(batch);
        }
    }

    public override void Restored()
    {
        _from.Clear();
        if (_cache.Context.Bytes.TryGet(SegmentCleaner.StreamTimeKey, _from))
        {
            _expiry.Load(BinaryPrimitives.ReadInt64BigEndian(_from.Written));
        }
    }

    /// <summary>The versions of a key that became valid between two times, the latest first; dispose it.</summary>
    private StoreIterator<VersionKey<TKey>, RowVersion<TValue>> Versions(in TKey key, long from, long to)
    {
        _key.Clear();
        _keySerde.Serialize(key, _key);
        var iterator = _cache.Scan(reverse: true);
        _from.Clear();
        VersionKeyCodec<TKey>.WriteStoreKey(_key.Written, from, _from);
        _to.Clear();
        VersionKeyCodec<TKey>.WriteStoreKey(_key.Written, to, _to);
        ByteRanges.MakeNext(_to);
        iterator.AddRange(_from.Written, _to.Written);
        return iterator;
    }

    /// <summary>
    /// Removes versions that were over before the history began. Not logged: whoever restores does not read them either. One
    /// that is written anew in the same commit stays a little longer.
    /// </summary>
    private void RemoveHistory(in TKey key)
    {
        using var versions = Versions(in key, 0, _expiry.FirstLiveStart);
        // The latest of them is valid at the beginning of the history.
        for (var kept = versions.MoveNext(); kept && versions.MoveNext();)
        {
            _to.Clear();
            _keys.WriteStoreKey(versions.Key, _to);
            _cache.Context.Batch.Delete(_cache.Context.Index, _to.Written);
        }
    }

    private void WriteStreamTime(StoreBatch batch)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, StreamTime);
        batch.Put(_cache.Context.Index, SegmentCleaner.StreamTimeKey, time);
    }
}
