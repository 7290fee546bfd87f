namespace StreamFlow.State;

/// <summary>
/// A key-value state store of a task that keeps headers with its values; they are those of the records in its changelog.
/// What is written without headers has none.
/// </summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IKeyValueStoreWithHeaders<TKey, TValue>
    : IKeyValueStore<TKey, TValue>, IReadOnlyKeyValueStoreWithHeaders<TKey, TValue>
{
    /// <summary>Sets the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; <see langword="null"/> deletes the key.</param>
    /// <param name="timestamp">Time of the value, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Its headers, or <see langword="null"/>; of a deletion they go to the changelog alone.</param>
    void Put(TKey key, TValue value, long timestamp, Headers? headers);

    /// <summary>Deletes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Time of the deletion, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Headers of the changelog's record, or <see langword="null"/>.</param>
    /// <returns>Whether it had a value; else nothing is written.</returns>
    bool Delete(TKey key, long timestamp, Headers? headers);
}
