using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A window store that keeps timestamps and headers.</summary>
/// <param name="name">Name of the store.</param>
/// <param name="keys">Serde of the record keys.</param>
/// <param name="values">Serde of the values.</param>
/// <param name="windowSizeMs">Length of the windows, to show their ends.</param>
/// <param name="retentionMs">How long behind the latest start a window is kept.</param>
/// <param name="keepsDuplicates">Whether several values of one key and start are kept.</param>
internal sealed class WindowStoreWithHeaders<TKey, TValue>(
    string name, ISerde<TKey> keys, ISerde<TValue> values, long windowSizeMs, long retentionMs, bool keepsDuplicates = false)
    : WindowStore<TKey, TValue>(name, keys, values, StoreFormat.Headers, windowSizeMs, retentionMs, keepsDuplicates),
        IWindowStoreWithHeaders<TKey, TValue>
{
    bool IWindowStoreWithHeaders<TKey, TValue>.Put(
        TKey key, long windowStart, TValue value, long timestamp, Headers? headers) =>
        PutOrDelete(key, windowStart, value, timestamp, StoredHeaders.OrNull(headers));

    public bool Delete(TKey key, long windowStart, long timestamp, Headers? headers) =>
        Remove(key, windowStart, timestamp, StoredHeaders.OrNull(headers));

    public bool TryFetchWithHeaders(TKey key, long windowStart, out ValueTimestampHeaders<TValue> value)
    {
        ref var entry = ref Find(in key, windowStart);
        value = entry.HasValue ? new ValueTimestampHeaders<TValue>(entry.Value, entry.Timestamp, entry.Headers) : default;
        return entry.HasValue;
    }

    public IEnumerable<KeyValuePair<long, ValueTimestampHeaders<TValue>>> FetchWithHeaders(
        TKey key, long from, long to, bool reverse = false)
    {
        using var iterator = Scan(in key, from, to, reverse);
        while (iterator.MoveNext())
        {
            yield return new(iterator.Key.Start, iterator.ValueTimestampHeaders);
        }
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueTimestampHeaders<TValue>>> FetchWithHeaders(
        KeyRange<TKey> keys, long from, long to, bool reverse = false)
    {
        using var iterator = Scan(in keys, from, to, reverse);
        while (iterator.MoveNext())
        {
            yield return new(Windowed(iterator.Key), iterator.ValueTimestampHeaders);
        }
    }
}
