namespace StreamFlow.State;

/// <summary>A key-value store that keeps headers with its values, to be read with them.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlyKeyValueStoreWithHeaders<TKey, TValue> : IReadOnlyKeyValueStore<TKey, TValue>
{
    /// <summary>Looks a key up, with timestamp and headers of its value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, timestamp and headers.</param>
    /// <returns>Whether the key is there.</returns>
    bool TryGetWithHeaders(TKey key, out ValueTimestampHeaders<TValue> value);

    /// <summary>The keys between two, both included, in the order of their serialized bytes, with timestamps and headers.</summary>
    /// <param name="from">First key; <see langword="null"/> for the lowest, where the type has it.</param>
    /// <param name="to">Last key; <see langword="null"/> for the highest, where the type has it.</param>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> RangeWithHeaders(TKey? from, TKey? to, bool reverse = false);

    /// <summary>All keys, in the order of their serialized bytes, with timestamps and headers.</summary>
    /// <param name="reverse">Whether to go from the highest key to the lowest.</param>
    /// <returns>Keys and values.</returns>
    IEnumerable<KeyValuePair<TKey, ValueTimestampHeaders<TValue>>> AllWithHeaders(bool reverse = false);
}
