using System.Diagnostics.CodeAnalysis;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Reads a session store over all tasks that are here.</summary>
internal sealed class SessionReader<TKey, TValue>(StoreParts<IReadOnlySessionStore<TKey, TValue>> parts)
    : IReadOnlySessionStore<TKey, TValue>
{
    public string Name => parts.Name;

    public bool TryFetchSession(TKey key, long start, long end, [MaybeNullWhen(false)] out TValue value)
    {
        SessionKey<TKey>.Check(start, end);
        (var found, value) = parts.Find(
            key,
            store => (store.TryFetchSession(key, start, end, out var stored), stored),
            Detached.FoundValue);
        return found;
    }

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reverse = false) =>
        parts.RowsOf(key, store => store.Fetch(key, reverse), Detached.ValueRow);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(KeyRange<TKey> keys, bool reverse = false) =>
        parts.Rows(reverse, store => store.Fetch(keys, reverse), Detached.ValueRow);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        TKey key, long earliestEnd, long latestStart, bool reverse = false) =>
        parts.RowsOf(key, store => store.FindSessions(key, earliestEnd, latestStart, reverse), Detached.ValueRow);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        KeyRange<TKey> keys, long earliestEnd, long latestStart, bool reverse = false) =>
        parts.Rows(reverse, store => store.FindSessions(keys, earliestEnd, latestStart, reverse), Detached.ValueRow);

    public IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reverse = false) =>
        parts.Rows(reverse, store => store.All(reverse), Detached.ValueRow);
}
