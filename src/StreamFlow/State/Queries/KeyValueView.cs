using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>Reads the committed state of a key-value store.</summary>
internal class KeyValueView<TKey, TValue>(
    StoreIdentity store, ISerde<TKey> keySerde, ValueFormat<TValue> values)
    : StoreView(store), IReadOnlyKeyValueStore<TKey, TValue>
{
    internal override string Kind => $"a key-value store of {typeof(TKey)} and {typeof(TValue)}";

    internal override object RecordKeys => keySerde;

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

    /// <summary>The same with the caller's buffers, so that nothing is allocated.</summary>
    public bool TryGet(in TKey key, PooledBuffer keyBuffer, PooledBuffer valueBuffer, out ValueAndTimestamp<TValue> value)
    {
        keyBuffer.Clear();
        valueBuffer.Clear();
        keySerde.Serialize(key, keyBuffer);
        if (!Bytes.TryGet(keyBuffer.Written, valueBuffer))
        {
            value = default;
            return false;
        }

        value = new ValueAndTimestamp<TValue>(values.Read(valueBuffer.Written, out var timestamp, out _), timestamp);
        return true;
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
        var (first, end) = (new PooledBuffer(), new PooledBuffer());
        prefixSerde.Serialize(prefix, first);
        ByteRanges.WriteEndOfPrefix(first.Written, end);
        return Read(first, end, reverse);
    }

    protected IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Read(KeyRange<TKey> range, bool reverse)
    {
        var (from, to) = (new PooledBuffer(), new PooledBuffer());
        KeyRanges.Write(in range, keySerde, from, to);
        return to.Written.IsEmpty || from.Written.SequenceCompareTo(to.Written) < 0 ? Read(from, to, reverse) : [];
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
