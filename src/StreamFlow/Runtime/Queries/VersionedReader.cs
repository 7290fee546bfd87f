using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Reads a versioned store over all tasks that are here.</summary>
internal sealed class VersionedReader<TKey, TValue>(StoreParts<IReadOnlyVersionedKeyValueStore<TKey, TValue>> parts)
    : IReadOnlyVersionedKeyValueStore<TKey, TValue>
{
    public string Name => parts.Name;

    public bool TryGet(TKey key, out ValueAndTimestamp<TValue> value)
    {
        (var found, value) = parts.Find(key, store => (store.TryGet(key, out var stored), stored), Detached.Found);
        return found;
    }

    public bool TryGet(TKey key, long asOf, out ValueAndTimestamp<TValue> value)
    {
        (var found, value) = parts.Find(key, store => (store.TryGet(key, asOf, out var stored), stored), Detached.Found);
        return found;
    }
}
