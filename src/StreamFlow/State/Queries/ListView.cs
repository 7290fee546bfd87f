using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Reads the committed state of a list store.</summary>
internal sealed class ListView<TKey, TValue>(
    StoreIdentity store, ISerde<TKey> keySerde, ValueFormat<ItemList<TValue>> values)
    : KeyValueView<TKey, ItemList<TValue>>(store, keySerde, values), IReadOnlyListStore<TKey, TValue>
{
    internal override string Kind => $"a list store of {typeof(TKey)} and {typeof(TValue)}";

    public IReadOnlyList<TValue> Get(TKey key) => TryGet(key, out var list) ? list : [];

    IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> IReadOnlyListStore<TKey, TValue>.Range(
        KeyRange<TKey> keys, bool reverse) =>
        Read(keys, reverse).Select(row => new KeyValuePair<TKey, IReadOnlyList<TValue>>(row.Key, row.Value.Value));

    IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> IReadOnlyListStore<TKey, TValue>.All(bool reverse) =>
        ((IReadOnlyListStore<TKey, TValue>)this).Range(KeyRange.All<TKey>(), reverse);
}
