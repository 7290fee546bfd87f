using System.Diagnostics.CodeAnalysis;
using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// A key-value state store to be read. In a processor reads see every update processed so far, committed or not; elsewhere what they were asked to. Sequences are read
/// lazily from the state at the moment their enumeration starts; later changes do not show in them.
/// </summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlyKeyValueStore<TKey, TValue>
{
    /// <summary>Name of the store.</summary>
    string Name { get; }

    /// <summary>An estimate of the number of keys in the committed part of the store, cheap to get.</summary>
    long ApproximateCount { get; }

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether the key is there.</returns>
    bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Looks a key up, with the timestamp of its value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value and timestamp.</param>
    /// <returns>Whether the key is there.</returns>
    bool TryGetWithTimestamp(TKey key, out ValueAndTimestamp<TValue> value);

    /// <summary>All keys, in the order of their serialized bytes.</summary>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> All(bool reverse = false);

    /// <summary>The keys between two, both included, in the order of their serialized bytes, which is also what decides
    /// whether a key is between them.</summary>
    /// <param name="from">First key; <see langword="null"/> for the lowest, where the type has it.</param>
    /// <param name="to">Last key; <see langword="null"/> for the highest, where the type has it.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Range(TKey? from, TKey? to, bool reverse = false);

    /// <summary>The keys from one on, itself included, in the order of their serialized bytes.</summary>
    /// <param name="from">First key.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeFrom(TKey from, bool reverse = false);

    /// <summary>The keys up to one, itself included, in the order of their serialized bytes.</summary>
    /// <param name="to">Last key.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> RangeTo(TKey to, bool reverse = false);

    /// <summary>The keys whose serialized bytes start with the given ones, in order.</summary>
    /// <typeparam name="TPrefix">Type of the prefix.</typeparam>
    /// <param name="prefix">The prefix.</param>
    /// <param name="prefixSerde">Turns the prefix into bytes.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<TValue>>> Prefix<TPrefix>(
        TPrefix prefix, ISerde<TPrefix> prefixSerde, bool reverse = false);
}
