using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Reads a list store over all tasks that are here.</summary>
internal sealed class ListReader<TKey, TValue>(StoreParts<IReadOnlyListStore<TKey, TValue>> parts) : IReadOnlyListStore<TKey, TValue>
{
    public string Name => parts.Name;

    public long ApproximateCount => parts.ApproximateCount;

    public IReadOnlyList<TValue> Get(TKey key)
    {
        var (found, values) = parts.Find(
            key,
            store => store.Get(key) is { Count: > 0 } list ? (true, list) : default((bool, IReadOnlyList<TValue>)),
            Detached.FoundValue);
        return found ? values : [];
    }

    public IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> Range(KeyRange<TKey> keys, bool reverse = false) =>
        parts.Rows(reverse, store => store.Range(keys, reverse), Detached.ValueRow);

    public IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> All(bool reverse = false) =>
        parts.Rows(reverse, store => store.All(reverse), Detached.ValueRow);
}
