using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A key-value store that keeps timestamps and headers.</summary>
internal sealed class KeyValueStoreWithHeaders<TKey, TValue>(string name, ISerde<TKey> keys, ISerde<TValue> values)
    : KeyValueStore<TKey, TValue>(name, keys, values, StoreFormat.Headers), IKeyValueStoreWithHeaders<TKey, TValue>
{
    public void Put(TKey key, TValue value, long timestamp, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(key);
        Cache.Put(in key, value, hasValue: !Missing.Is(value), timestamp, Kept(headers));
    }

    public bool Delete(TKey key, long timestamp, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(key);
        ref var entry = ref Find(in key);
        if (!entry.HasValue)
        {
            return false;
        }

        Set(ref entry, default!, hasValue: false, timestamp, Kept(headers));
        return true;
    }

    public bool TryGetWithHeaders(TKey key, out ValueTimestampHeaders<TValue> value)
    {
        ref var entry = ref Find(in key);
        value = entry.HasValue ? new ValueTimestampHeaders<TValue>(entry.Value, entry.Timestamp, entry.Headers) : default;
        return entry.HasValue;
    }

    public IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> RangeWithHeaders(
        TKey? from, TKey? to, bool reverse = false) => Read(from!, !Missing.Is(from), to!, !Missing.Is(to), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> AllWithHeaders(bool reverse = false) =>
        Read(default!, hasFrom: false, default!, hasTo: false, reverse);

    private IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> Read(
        TKey from, bool hasFrom, TKey to, bool hasTo, bool reverse)
    {
        using var iterator = Scan(in from, hasFrom, in to, hasTo, reverse);
        while (iterator.MoveNext())
        {
            yield return new(
                iterator.Key, new ValueTimestampHeaders<TValue>(iterator.Value, iterator.Timestamp, iterator.Headers));
        }
    }

    // None are stored the same way as no headers at all, so nobody can tell them apart later.
    private static Headers? Kept(Headers? headers) => headers is { Count: 0 } ? null : headers;
}
