using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Reads the committed state of a session store.</summary>
internal sealed class SessionView<TKey, TValue>(
    StoreIdentity store, SessionKeyCodec<TKey> keys, ISerde<TKey> recordKeys, ValueFormat<TValue> values)
    : SegmentedView<SessionKey<TKey>, TKey, TValue>(store, keys, recordKeys, values), IReadOnlySessionStore<TKey, TValue>
{
    internal override string Kind => $"a session store of {typeof(TKey)} and {typeof(TValue)}";

    public bool TryFetchSession(TKey key, long start, long end, [MaybeNullWhen(false)] out TValue value)
    {
        SessionKey<TKey>.Check(start, end);
        var found = TryRead(new SessionKey<TKey>(key, start, end), out var stored);
        value = stored.Value;
        return found;
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(KeyRange<TKey> keys, bool reverse = false) =>
        FindSessions(keys, 0, long.MaxValue, reverse);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reverse = false) =>
        FindSessions(key, 0, long.MaxValue, reverse);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        TKey key, long earliestEnd, long latestStart, bool reverse = false) =>
        ReadKey(key, earliestEnd, latestStart, reverse).Select(Session);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        KeyRange<TKey> keys, long earliestEnd, long latestStart, bool reverse = false) =>
        ReadKeys(keys, earliestEnd, latestStart, reverse).Select(Session);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reverse = false) =>
        Fetch(KeyRange.All<TKey>(), reverse);

    private static KeyValuePair<Windowed<TKey>, TValue> Session(
        KeyValuePair<SessionKey<TKey>, ValueAndTimestamp<TValue>> entry) =>
        new(new Windowed<TKey>(entry.Key.Key, new Window(entry.Key.Start, entry.Key.End)), entry.Value.Value);
}
