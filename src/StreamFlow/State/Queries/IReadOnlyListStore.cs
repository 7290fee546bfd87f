namespace StreamFlow.State;

/// <summary>
/// A list store to be read: per key the values that were added, in that order. In a processor reads see every update processed so far,
/// committed or not; elsewhere what they were asked to. A list that was read stays as it is; sequences are read lazily from the state at the moment their
/// enumeration starts.
/// </summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of one value.</typeparam>
public interface IReadOnlyListStore<TKey, TValue>
{
    /// <summary>Name of the store.</summary>
    string Name { get; }

    /// <summary>An estimate of the number of keys in the committed part of the store, cheap to get.</summary>
    long ApproximateCount { get; }

    /// <summary>The values of a key, in the order in which they were added.</summary>
    /// <param name="key">The key.</param>
    /// <returns>The values; empty if the key is not there.</returns>
    IReadOnlyList<TValue> Get(TKey key);

    /// <summary>The keys in a range with their values, in the order of the keys' serialized bytes.</summary>
    /// <param name="keys">The keys: <c>KeyRange.Between("a", "c")</c>, or open to one side.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest; the values of a key stay in their order.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> Range(KeyRange<TKey> keys, bool reverse = false);

    /// <summary>All keys with their values, in the order of the keys' serialized bytes.</summary>
    /// <param name="reverse">Whether to go from the highest key to the lowest; the values of a key stay in their order.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, IReadOnlyList<TValue>>> All(bool reverse = false);
}
