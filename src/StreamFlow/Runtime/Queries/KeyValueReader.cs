using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Reads a key-value store over all tasks that are here.</summary>
internal sealed class KeyValueReader<TKey, TValue>(StoreParts<IReadOnlyKeyValueStore<TKey, TValue>> parts)
    : IReadOnlyKeyValueStore<TKey, TValue>
{
    public string Name => parts.Name;

    public long ApproximateCount => parts.ApproximateCount;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = TryGetWithTimestamp(key, out var stored);
        value = stored.Value;
        return found;
    }

    public bool TryGetWithTimestamp(TKey key, out ValueAndTimestamp<TValue> value)
    {
        (var found, value) = parts.Find(
            key,
            store => (store.TryGetWithTimestamp(key, out var stored), stored),
            Detached.Found);
        return found;
    }

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> All(bool reverse = false) =>
        parts.Rows(reverse, store => store.All(reverse), Detached.Row);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Range(TKey? from, TKey? to, bool reverse = false) =>
        parts.Rows(reverse, store => store.Range(from, to, reverse), Detached.Row);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeFrom(TKey from, bool reverse = false) =>
        parts.Rows(reverse, store => store.RangeFrom(from, reverse), Detached.Row);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeTo(TKey to, bool reverse = false) =>
        parts.Rows(reverse, store => store.RangeTo(to, reverse), Detached.Row);

    public IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Prefix<TPrefix>(
        TPrefix prefix, ISerde<TPrefix> prefixSerde, bool reverse = false)
    {
        ArgumentNullException.ThrowIfNull(prefixSerde);
        return parts.Rows(reverse, store => store.Prefix(prefix, prefixSerde, reverse), Detached.Row);
    }
}

/// <summary>Results of reads, with values that the store's thread does not change any more.</summary>
internal static class Detached
{
    public static (bool Found, ValueAndTimestamp<T> Value) Found<T>(
        StateStore store, (bool Found, ValueAndTimestamp<T> Value) read) => read.Found ? (true, Value(store, read.Value)) : read;

    public static KeyValuePair<TKey, ValueAndTimestamp<T>> Row<TKey, T>(
        StateStore store, KeyValuePair<TKey, ValueAndTimestamp<T>> row) => new(row.Key, Value(store, row.Value));

    public static (bool Found, T Value) FoundValue<T>(StateStore store, (bool Found, T Value) read) =>
        read.Found ? (true, store.Detached(read.Value)) : read;

    public static KeyValuePair<TKey, T> ValueRow<TKey, T>(StateStore store, KeyValuePair<TKey, T> row) =>
        new(row.Key, store.Detached(row.Value));

    private static ValueAndTimestamp<T> Value<T>(StateStore store, ValueAndTimestamp<T> value) =>
        new(store.Detached(value.Value), value.Timestamp);
}
