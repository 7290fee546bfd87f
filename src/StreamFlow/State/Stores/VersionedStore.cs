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
internal sealed class VersionedStore<TKey, TValue> : CachedStore<VersionKey<TKey>, RowVersion<TValue>>, IVersionedKeyValueStore<TKey, TValue>
{
    private readonly ISerde<TKey> _keySerde;
    private readonly WindowExpiry _expiry;
    private readonly PooledBuffer _key = new();
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="historyRetentionMs">How long behind the latest time earlier versions can be read.</param>
    public VersionedStore(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, long historyRetentionMs)
        : base(
            name,
            new VersionKeyCodec<TKey>(keySerde),
            new ValueFormat<RowVersion<TValue>>(name, new VersionSerde<TValue>(valueSerde), StoreFormat.Versioned))
    {
        _keySerde = keySerde;
        // The version exactly a retention old still counts, of windows it does not.
        _expiry = new WindowExpiry(EventTime.Add(historyRetentionMs, 1));
    }

    /// <summary>Latest time written, -1 before the first.</summary>
    public long StreamTime => _expiry.StreamTime;

    public override void Open(StateStoreContext context)
    {
        base.Open(context);
        Restored();
    }

    /// <summary>Sets what is valid from a time on, until the next version: a value, or that there is none.</summary>
    /// <returns>False if the time is before the history, which was reported then.</returns>
    public bool Put(in TKey key, TValue value, bool hasValue, long timestamp, Headers? headers = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfNegative(timestamp);
        if (_expiry.IsExpired(timestamp))
        {
            Cache.Context.Refuse(_expiry, timestamp);
            return false;
        }

        _expiry.Advance(timestamp);
        Cache.Put(
            new VersionKey<TKey>(key, timestamp), new RowVersion<TValue>(value, hasValue), hasValue: true, timestamp, headers);
        RemoveHistory(in key);
        return true;
    }

    public bool Put(TKey key, TValue value, long timestamp) => Put(in key, value, hasValue: !Missing.Is(value), timestamp);

    public bool Delete(TKey key, long timestamp) => Put(in key, default!, hasValue: false, timestamp);

    /// <summary>The latest version.</summary>
    /// <returns>False if there is no value now.</returns>
    public bool TryGet(TKey key, out ValueAndTimestamp<TValue> value) => TryGet(key, long.MaxValue, out value);

    /// <summary>The latest version, which may be that there is no value.</summary>
    /// <returns>Time from which it is valid; -1 if there is none.</returns>
    public long Latest(in TKey key, out RowVersion<TValue> version)
    {
        using var versions = Versions(in key, 0, long.MaxValue);
        if (!versions.MoveNext())
        {
            version = default;
            return -1;
        }

        version = versions.Value;
        return versions.Key.Timestamp;
    }

    /// <summary>The version that was valid at a time; before the history, only one that still is.</summary>
    /// <returns>False if there was no value, or nobody knows.</returns>
    public bool TryGet(TKey key, long asOf, out ValueAndTimestamp<TValue> value)
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

    public override StoreView View(StoreIdentity store) =>
        new VersionedView<TKey, TValue>(store, _keySerde, Cache.Values, _expiry.RetentionMs);

    internal override T Detached<T>(T value) =>
        value is TValue own && Copy(new RowVersion<TValue>(own, HasValue: true)).Value is T copy ? copy : value;

    public override void Flush()
    {
        base.Flush();
        if (_expiry.HasAdvanced)
        {
            WriteStreamTime(Cache.Context.Batch);
        }
    }

    public override void Rollback()
    {
        base.Rollback();
        _expiry.Rollback();
    }

    public override void Committed()
    {
        base.Committed();
        _expiry.Commit();
    }

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
    {
        if (_expiry.IsExpired(record.Timestamp))
        {
            return;
        }

        _to.Clear();
        VersionKeyCodec<TKey>.WriteStoreKey(record.Key, record.Timestamp, _to);
        batch.Put(Cache.Context.Index, _to.Written, Cache.Values.Restore(in record, headers, _from));
        if (record.Timestamp > StreamTime)
        {
            _expiry.Advance(record.Timestamp);
            WriteStreamTime(batch);
        }
    }

    public override void Restored()
    {
        _from.Clear();
        if (Cache.Context.Bytes.TryGet(SegmentCleaner.StreamTimeKey, _from))
        {
            _expiry.Load(BinaryPrimitives.ReadInt64BigEndian(_from.Written));
        }
    }

    /// <summary>The versions of a key that became valid between two times, the latest first; dispose it.</summary>
    private StoreIterator<VersionKey<TKey>, RowVersion<TValue>> Versions(in TKey key, long from, long to)
    {
        _key.Clear();
        _keySerde.Serialize(key, _key);
        var iterator = Cache.Scan(reverse: true);
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
            Cache.Keys.WriteStoreKey(versions.Key, _to);
            Cache.Context.Batch.Delete(Cache.Context.Index, _to.Written);
        }
    }

    private void WriteStreamTime(StoreBatch batch)
    {
        Span<byte> time = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(time, StreamTime);
        batch.Put(Cache.Context.Index, SegmentCleaner.StreamTimeKey, time);
    }
}
