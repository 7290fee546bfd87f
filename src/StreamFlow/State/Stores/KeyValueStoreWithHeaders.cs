using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A key-value store that keeps timestamps and headers.</summary>
internal sealed class KeyValueStoreWithHeaders<TKey, TValue>(string name, ISerde<TKey> keys, ISerde<TValue> values)
    : KeyValueStore<TKey, TValue>(name, keys, values, StoreFormat.Headers), IKeyValueStoreWithHeaders<TKey, TValue>
{
    public void Put(TKey key, TValue value, long timestamp, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(key);
        Cache.Put(in key, value, hasValue: !Missing.Is(value), timestamp, StoredHeaders.OrNull(headers));
    }

    public bool Delete(TKey key, long timestamp, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(key);
        ref var entry = ref Find(in key);
        if (!entry.HasValue)
        {
            return false;
        }

        Set(ref entry, default!, hasValue: false, timestamp, StoredHeaders.OrNull(headers));
        return true;
    }

    public bool TryGetWithHeaders(TKey key, out ValueTimestampHeaders<TValue> value)
    {
        ref var entry = ref Find(in key);
        value = entry.HasValue ? new ValueTimestampHeaders<TValue>(entry.Value, entry.Timestamp, entry.Headers) : default;
        return entry.HasValue;
    }

    public IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> RangeWithHeaders(
        TKey? from, TKey? to, bool reverse = false) => ReadWithHeaders(KeyRange.Between(from, to), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> AllWithHeaders(bool reverse = false) =>
        ReadWithHeaders(KeyRange.All<TKey>(), reverse);

    private IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> ReadWithHeaders(KeyRange<TKey> keys, bool reverse)
    {
        using var iterator = Scan(in keys, reverse);
        while (iterator.MoveNext())
        {
            yield return new(iterator.Key, iterator.ValueTimestampHeaders);
        }
    }
}
