using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Reads the committed state of a key-value store.</summary>
internal sealed class KeyValueView<TKey, TValue>(
    StoreIdentity store, ISerde<TKey> keySerde, ValueFormat<TValue> values)
    : StoreView(store), IReadOnlyKeyValueStore<TKey, TValue>
{
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = TryGetWithTimestamp(key, out var stored);
        value = stored.Value;
        return found;
    }

    public bool TryGetWithTimestamp(TKey key, out ValueAndTimestamp<TValue> value)
    {
        var stored = new PooledBuffer();
        if (!Bytes.TryGet(Written(key).Written, stored))
        {
            value = default;
            return false;
        }

        value = new ValueAndTimestamp<TValue>(values.Read(stored.Written, out var timestamp, out _), timestamp);
        return true;
    }

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> All(bool reverse = false) =>
        Read(new PooledBuffer(), new PooledBuffer(), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Range(TKey? from, TKey? to, bool reverse = false) =>
        Between(Missing.Is(from) ? new PooledBuffer() : Written(from!), Missing.Is(to) ? new PooledBuffer() : End(to!), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeFrom(TKey from, bool reverse = false) =>
        Between(Written(from), new PooledBuffer(), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeTo(TKey to, bool reverse = false) =>
        Between(new PooledBuffer(), End(to), reverse);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Prefix<TPrefix>(
        TPrefix prefix, ISerde<TPrefix> prefixSerde, bool reverse = false)
    {
        ArgumentNullException.ThrowIfNull(prefixSerde);
        var (first, end) = (new PooledBuffer(), new PooledBuffer());
        prefixSerde.Serialize(prefix, first);
        ByteRanges.WriteEndOfPrefix(first.Written, end);
        return Read(first, end, reverse);
    }

    /// <summary>What lies between two keys; an empty end is none.</summary>
    private IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Between(PooledBuffer from, PooledBuffer end, bool reverse) =>
        end.Written.IsEmpty || from.Written.SequenceCompareTo(end.Written) < 0 ? Read(from, end, reverse) : [];

    /// <summary>The first bytes behind a key; never empty.</summary>
    private PooledBuffer End(TKey key)
    {
        var end = Written(key);
        ByteRanges.MakeNext(end);
        return end;
    }

    private PooledBuffer Written(TKey key)
    {
        var buffer = new PooledBuffer();
        keySerde.Serialize(key, buffer);
        return buffer;
    }

    private IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Read(PooledBuffer from, PooledBuffer to, bool reverse)
    {
        using var iterator = Bytes.Range(from.Written, to.Written, reverse);
        while (iterator.MoveNext())
        {
            var value = values.Read(iterator.Value, out var timestamp, out _);
            yield return new(keySerde.Deserialize(iterator.Key), new ValueAndTimestamp<TValue>(value, timestamp));
        }
    }
}
