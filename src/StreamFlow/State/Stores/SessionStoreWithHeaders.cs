using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A session store that keeps headers.</summary>
/// <param name="name">Name of the store.</param>
/// <param name="keys">Serde of the record keys.</param>
/// <param name="values">Serde of the values.</param>
/// <param name="retentionMs">How long behind the latest end a session is kept.</param>
internal sealed class SessionStoreWithHeaders<TKey, TValue>(
    string name, ISerde<TKey> keys, ISerde<TValue> values, long retentionMs)
    : SessionStore<TKey, TValue>(name, keys, values, retentionMs, keepsHeaders: true), ISessionStoreWithHeaders<TKey, TValue>
{
    public bool Put(Windowed<TKey> session, TValue value, Headers? headers) =>
        Write(in session, value, hasValue: !Missing.Is(value), StoredHeaders.OrNull(headers));

    public bool Delete(Windowed<TKey> session, Headers? headers) =>
        Write(in session, default!, hasValue: false, StoredHeaders.OrNull(headers));

    public bool TryFetchSessionWithHeaders(TKey key, long start, long end, out ValueAndHeaders<TValue> value)
    {
        ref var entry = ref Find(in key, start, end);
        value = entry.HasValue ? new ValueAndHeaders<TValue>(entry.Value, entry.Headers) : default;
        return entry.HasValue;
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndHeaders<TValue>>> FindSessionsWithHeaders(
        TKey key, long earliestEnd, long latestStart, bool reverse = false) =>
        Sequence(() => Scan(in key, earliestEnd, latestStart, reverse), WithHeaders);

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndHeaders<TValue>>> FindSessionsWithHeaders(
        KeyRange<TKey> keys, long earliestEnd, long latestStart, bool reverse = false) =>
        Sequence(() => Scan(in keys, earliestEnd, latestStart, reverse), WithHeaders);

    private static ValueAndHeaders<TValue> WithHeaders(StoreIterator<SessionKey<TKey>, TValue> iterator) =>
        new(iterator.Value, iterator.Headers);
}
