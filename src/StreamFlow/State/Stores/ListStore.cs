using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A list store: per key the values that were added, in that order, until all of them are removed. An outer join keeps in one
/// what has not met yet. The changelog has the whole list, as in Kafka Streams (ListValueStore); of several
/// additions between two flushes only what they come to.
/// </summary>
internal sealed class ListStore<TKey, TValue> : CachedStore<TKey, ItemList<TValue>>, IListStore<TKey, TValue>
{
    private readonly ISerde<TKey> _keySerde;
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the keys.</param>
    /// <param name="valueSerde">Serde of one value.</param>
    public ListStore(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde)
        : base(
            name,
            new PlainKeyCodec<TKey>(keySerde),
            new ValueFormat<ItemList<TValue>>(name, new ItemListSerde<TValue>(valueSerde), StoreFormat.Plain)) =>
        _keySerde = keySerde;

    /// <summary>The values of a key; empty if there are none. It stays as it is, whatever is written later.</summary>
    public ItemList<TValue> Find(in TKey key) => Cache.Find(in key).Value;

    /// <summary>Adds a value behind those of its key.</summary>
    public void Add(in TKey key, TValue value, long timestamp)
    {
        ref var entry = ref Cache.Find(in key);
        Cache.Set(ref entry, entry.Value.With(value), hasValue: true, timestamp, headers: null);
    }

    /// <summary>Removes all values of a key.</summary>
    /// <returns>Whether there were any; else nothing is logged.</returns>
    public bool Remove(in TKey key, long timestamp)
    {
        ref var entry = ref Cache.Find(in key);
        if (!entry.HasValue)
        {
            return false;
        }

        Cache.Set(ref entry, default, hasValue: false, timestamp, headers: null);
        return true;
    }

    public override StoreView View(StoreIdentity store) => new ListView<TKey, TValue>(store, _keySerde, Cache.Values);

    void IListStore<TKey, TValue>.Add(TKey key, TValue value, long timestamp)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        Add(in key, value, timestamp);
    }

    public bool Delete(TKey key, long timestamp)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Remove(in key, timestamp);
    }

    public IReadOnlyList<TValue> Get(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Find(in key);
    }

    public IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> Range(KeyRange<TKey> keys, bool reverse = false)
    {
        KeyRanges.Write(in keys, _keySerde, _from, _to);
        using var iterator = Scan(_from.Written, _to.Written, reverse);
        while (iterator.MoveNext())
        {
            yield return new(iterator.Key, iterator.Value);
        }
    }

    public IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> All(bool reverse = false) =>
        Range(KeyRange.All<TKey>(), reverse);

    /// <summary>
    /// Goes through keys and lists as they are now, in the order of the keys' bytes, also while they are removed; dispose it.
    /// </summary>
    public StoreIterator<TKey, ItemList<TValue>> ScanAll() => Scan(default, default);

    /// <summary>The same from the bytes of one key up to those of another, which is left out.</summary>
    public StoreIterator<TKey, ItemList<TValue>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false)
    {
        var iterator = Cache.Scan(reverse);
        if (to.IsEmpty || from.SequenceCompareTo(to) < 0)
        {
            iterator.AddRange(from, to);
        }

        return iterator;
    }
}
