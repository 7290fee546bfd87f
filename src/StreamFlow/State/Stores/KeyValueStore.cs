using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>A key-value store; with timestamps it is what tables and aggregates use.</summary>
internal class KeyValueStore<TKey, TValue> : CachedStore<TKey, TValue>, IKeyValueStore<TKey, TValue>
{
    private readonly ISerde<TKey> _keySerde;
    private readonly PooledBuffer _from = new();
    private readonly PooledBuffer _to = new();

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="timestamped">Whether the timestamp of each value is kept with it.</param>
    public KeyValueStore(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, bool timestamped)
        : this(name, keySerde, valueSerde, timestamped ? StoreFormat.Timestamped : StoreFormat.Plain)
    {
    }

    /// <param name="name">Name of the store.</param>
    /// <param name="keySerde">Serde of the keys.</param>
    /// <param name="valueSerde">Serde of the values.</param>
    /// <param name="format">What is kept beside each value.</param>
    public KeyValueStore(string name, ISerde<TKey> keySerde, ISerde<TValue> valueSerde, StoreFormat format)
        : base(name, new PlainKeyCodec<TKey>(keySerde), new ValueFormat<TValue>(name, valueSerde, format)) =>
        _keySerde = keySerde;

    /// <summary>The entry of a key, without a value if there is none; valid until the next Find.</summary>
    public ref CacheEntry<TValue> Find(scoped in TKey key) => ref Cache.Find(in key);

    /// <summary>Writes an entry that <see cref="Find"/> has returned; without a value it is deleted.</summary>
    public void Set(ref CacheEntry<TValue> entry, TValue value, bool hasValue, long timestamp, Headers? headers) =>
        Cache.Set(ref entry, value, hasValue, timestamp, headers);

    /// <inheritdoc cref="WriteBackCache{TKey, TValue}.OldValue"/>
    public TValue OldValue(ref CacheEntry<TValue> entry) => Cache.OldValue(ref entry);

    /// <inheritdoc cref="WriteBackCache{TKey, TValue}.Undo"/>
    public void Undo(ref CacheEntry<TValue> entry) => Cache.Undo(ref entry);

    /// <summary>Writes a key without looking what is there; without a value it is deleted.</summary>
    public void Put(in TKey key, TValue value, bool hasValue, long timestamp, Headers? headers) =>
        Cache.Put(in key, value, hasValue, timestamp, headers);

    public void Put(TKey key, TValue value, long timestamp)
    {
        ArgumentNullException.ThrowIfNull(key);
        Cache.Put(in key, value, hasValue: !Missing.Is(value), timestamp, headers: null);
    }

    public bool PutIfAbsent(TKey key, TValue value, long timestamp)
    {
        ArgumentNullException.ThrowIfNull(key);
        ref var entry = ref Find(in key);
        if (entry.HasValue || Missing.Is(value))
        {
            return false;
        }

        Set(ref entry, value, hasValue: true, timestamp, headers: null);
        return true;
    }

    public bool Delete(TKey key, long timestamp)
    {
        ArgumentNullException.ThrowIfNull(key);
        ref var entry = ref Find(in key);
        if (!entry.HasValue)
        {
            return false;
        }

        Set(ref entry, default!, hasValue: false, timestamp, headers: null);
        return true;
    }

    public override StoreView View(StoreIdentity store) => new KeyValueView<TKey, TValue>(store, _keySerde, Cache.Values);

    /// <summary>Goes through the keys between two, both included; dispose it.</summary>
    public StoreIterator<TKey, TValue> Scan(in TKey from, in TKey to, bool reverse = false) =>
        Scan(new KeyRange<TKey>(from, hasFirst: true, to, hasLast: true), reverse);

    /// <summary>Goes through the keys in a range; dispose it.</summary>
    public StoreIterator<TKey, TValue> Scan(in KeyRange<TKey> keys, bool reverse = false)
    {
        KeyRanges.Write(in keys, _keySerde, _from, _to);
        return Scan(_from.Written, _to.Written, reverse);
    }

    public StoreIterator<TKey, TValue> ScanAll(bool reverse = false) => Scan(default, default, reverse);

    /// <summary>Goes through the keys that start with some bytes; dispose it.</summary>
    public StoreIterator<TKey, TValue> ScanPrefix(ReadOnlySpan<byte> prefix, bool reverse = false)
    {
        _to.Clear();
        ByteRanges.WriteEndOfPrefix(prefix, _to);
        return Scan(prefix, _to.Written, reverse);
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        ref var entry = ref Find(in key);
        value = entry.Value;
        return entry.HasValue;
    }

    public bool TryGetWithTimestamp(TKey key, out ValueAndTimestamp<TValue> value)
    {
        ref var entry = ref Find(in key);
        value = entry.HasValue ? new ValueAndTimestamp<TValue>(entry.Value, entry.Timestamp) : default;
        return entry.HasValue;
    }

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> All(bool reverse = false) =>
        Read(KeyRange.All<TKey>(), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Range(TKey? from, TKey? to, bool reverse = false) =>
        Read(KeyRange.Between(from, to), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeFrom(TKey from, bool reverse = false) =>
        Read(KeyRange.From(from), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeTo(TKey to, bool reverse = false) =>
        Read(KeyRange.To(to), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Prefix<TPrefix>(
        TPrefix prefix, ISerde<TPrefix> prefixSerde, bool reverse = false)
    {
        ArgumentNullException.ThrowIfNull(prefixSerde);
        _from.Clear();
        prefixSerde.Serialize(prefix, _from);
        using var iterator = ScanPrefix(_from.Written, reverse);
        while (iterator.MoveNext())
        {
            yield return new(iterator.Key, iterator.ValueAndTimestamp);
        }
    }

    private IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Read(KeyRange<TKey> keys, bool reverse)
    {
        using var iterator = Scan(in keys, reverse);
        while (iterator.MoveNext())
        {
            yield return new(iterator.Key, iterator.ValueAndTimestamp);
        }
    }

    private StoreIterator<TKey, TValue> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse)
    {
        var iterator = Cache.Scan(reverse);
        if (to.IsEmpty || from.SequenceCompareTo(to) < 0)
        {
            iterator.AddRange(from, to);
        }

        return iterator;
    }
}
