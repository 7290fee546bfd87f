using System.Diagnostics.CodeAnalysis;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Reads a window store over all tasks that are here.</summary>
internal sealed class WindowReader<TKey, TValue>(StoreParts<IReadOnlyWindowStore<TKey, TValue>> parts)
    : IReadOnlyWindowStore<TKey, TValue>
{
    public string Name => parts.Name;

    public bool TryFetch(TKey key, long windowStart, [MaybeNullWhen(false)] out TValue value)
    {
        var found = TryFetchWithTimestamp(key, windowStart, out var stored);
        value = stored.Value;
        return found;
    }

    public bool TryFetchWithTimestamp(TKey key, long windowStart, out ValueAndTimestamp<TValue> value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(windowStart);
        (var found, value) = parts.Find(
            key,
            store => (store.TryFetchWithTimestamp(key, windowStart, out var stored), stored),
            Detached.Found);
        return found;
    }

    public IEnumerable<KeyValuePair<long, ValueAndTimestamp<TValue>>> Fetch(TKey key, long from, long to, bool reverse = false) =>
        parts.RowsOf(key, store => store.Fetch(key, from, to, reverse), Detached.Row);

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(
        KeyRange<TKey> keys, long from, long to, bool reverse = false) =>
        parts.Rows(reverse, store => store.Fetch(keys, from, to, reverse), Detached.Row);

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(
        long from, long to, bool reverse = false) =>
        parts.Rows(reverse, store => store.FetchAll(from, to, reverse), Detached.Row);

    public IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reverse = false) =>
        parts.Rows(reverse, store => store.All(reverse), Detached.Row);
}
