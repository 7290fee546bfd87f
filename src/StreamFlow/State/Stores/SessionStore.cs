using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A session store: per key any number of sessions, each with its first and last timestamp, kept for a retention time
/// after their end. Values have no timestamp of their own: that of a session is its end.
/// </summary>
internal class SessionStore<TKey, TValue>
    : SegmentedStore<SessionKey<TKey>, TKey, TValue>, ISessionStore<TKey, TValue>
{
    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the record keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="retentionMs">How long behind the latest end a session is kept.</param>
    /// <param name="keepsHeaders">Whether the headers of each value are kept with it.</param>
    public SessionStore(
        string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, long retentionMs, bool keepsHeaders = false)
        : base(
            name,
            new SessionKeyCodec<TKey>(keySerde, new WindowExpiry(retentionMs)),
            keySerde,
            new ValueFormat<TValue>(name, valueSerde, keepsHeaders ? StoreFormat.HeadersOnly : StoreFormat.Plain))
    {
    }

    /// <summary>The entry of a session, without a value if there is none or it has expired; valid until the next Find.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key, long start, long end)
    {
        SessionKey<TKey>.Check(start, end);
        return ref Find(new SessionKey<TKey>(key, start, end));
    }

    /// <summary>
    /// Goes through the sessions of a key that end at or after one time and start at or before another, by end, then
    /// start; dispose it.
    /// </summary>
    public StoreIterator<SessionKey<TKey>, TValue> Scan(
        in TKey key, long earliestEnd, long latestStart, bool reverse = false) =>
        ScanKey(in key, earliestEnd, latestStart, reverse);

    /// <summary>The same for some keys, in the order of all; dispose it.</summary>
    public StoreIterator<SessionKey<TKey>, TValue> Scan(
        in KeyRange<TKey> keys, long earliestEnd, long latestStart, bool reverse = false) =>
        ScanKeys(in keys, earliestEnd, latestStart, reverse);

    /// <summary>Goes through the sessions of all keys that end at or after a time; dispose it.</summary>
    public StoreIterator<SessionKey<TKey>, TValue> ScanOpen(long earliestEnd) =>
        ScanKeys(Math.Max(0, earliestEnd), long.MaxValue, reverse: false);

    public bool Put(Windowed<TKey> session, TValue value) => Write(in session, value, hasValue: !Missing.Is(value), headers: null);

    public bool Delete(Windowed<TKey> session) => Write(in session, default!, hasValue: false, headers: null);

    public override StoreView View(StoreIdentity store) =>
        new SessionView<TKey, TValue>(store, (SessionKeyCodec<TKey>)Keys, RecordKeys, Cache.Values);

    public bool TryFetchSession(TKey key, long start, long end, [MaybeNullWhen(false)] out TValue value)
    {
        ref var entry = ref Find(in key, start, end);
        value = entry.Value;
        return entry.HasValue;
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reverse = false) =>
        FindSessions(key, 0, long.MaxValue, reverse);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        TKey key, long earliestEnd, long latestStart, bool reverse = false) =>
        Sequence(() => Scan(in key, earliestEnd, latestStart, reverse), Value);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(KeyRange<TKey> keys, bool reverse = false) =>
        FindSessions(keys, 0, long.MaxValue, reverse);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        KeyRange<TKey> keys, long earliestEnd, long latestStart, bool reverse = false) =>
        Sequence(() => Scan(in keys, earliestEnd, latestStart, reverse), Value);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reverse = false) =>
        Fetch(KeyRange.All<TKey>(), reverse);

    private static Windowed<TKey> Windowed(in SessionKey<TKey> key) => new(key.Key, new Window(key.Start, key.End));

    protected bool Write(in Windowed<TKey> session, TValue value, bool hasValue, Headers? headers)
    {
        ArgumentNullException.ThrowIfNull(session.Key);
        ref var entry = ref Find(session.Key, session.Window.Start, session.Window.End);
        return Set(ref entry, value, hasValue, session.Window.End, headers);
    }

    /// <summary>Goes through sessions from when the enumeration begins.</summary>
    protected static IEnumerable<KeyValuePair<Windowed<TKey>, TShown>> Sequence<TShown>(
        Func<StoreIterator<SessionKey<TKey>, TValue>> open, Func<StoreIterator<SessionKey<TKey>, TValue>, TShown> shown)
    {
        using var iterator = open();
        while (iterator.MoveNext())
        {
            yield return new(Windowed(iterator.Key), shown(iterator));
        }
    }

    private static TValue Value(StoreIterator<SessionKey<TKey>, TValue> iterator) => iterator.Value;
}
