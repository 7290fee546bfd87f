namespace StreamFlow.State;

/// <summary>A key-value state store of a task, to be read and written by its processors.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IKeyValueStore<TKey, TValue> : IReadOnlyKeyValueStore<TKey, TValue>
{
    /// <summary>Sets the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; <see langword="null"/> deletes the key.</param>
    /// <param name="timestamp">
    /// Time of the value, in milliseconds since 1970-01-01T00:00Z: as a rule that of the record at hand.
    /// </param>
    void Put(TKey key, TValue value, long timestamp);

    /// <summary>Sets the value of a key that has none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="timestamp">Time of the value, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <returns>Whether it was set; else the key has a value, which stays.</returns>
    bool PutIfAbsent(TKey key, TValue value, long timestamp);

    /// <summary>Deletes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Time of the deletion, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <returns>Whether it had a value; else nothing is written.</returns>
    bool Delete(TKey key, long timestamp);
}
