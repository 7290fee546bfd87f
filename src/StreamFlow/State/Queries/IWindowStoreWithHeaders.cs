namespace StreamFlow.State;

/// <summary>
/// A window store of a task that keeps headers with its values; they are those of the records in its changelog. What is
/// written without headers has none.
/// </summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IWindowStoreWithHeaders<TKey, TValue>
    : IWindowStore<TKey, TValue>, IReadOnlyWindowStoreWithHeaders<TKey, TValue>
{
    /// <summary>Sets the value of a window; in a store that keeps duplicates, one more beside those that are there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="windowStart">Start of the window in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="value">The value; <see langword="null"/> deletes the window.</param>
    /// <param name="timestamp">Time of the value, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Its headers, or <see langword="null"/>; of a deletion they go to the changelog alone.</param>
    /// <returns>False if the window has expired; the write is then dropped and counted.</returns>
    /// <exception cref="InvalidOperationException">A value is to be deleted in a store that keeps duplicates.</exception>
    bool Put(TKey key, long windowStart, TValue value, long timestamp, Headers? headers);

    /// <summary>Deletes a window.</summary>
    /// <param name="key">The key.</param>
    /// <param name="windowStart">Start of the window in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="timestamp">Time of the deletion, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="headers">Headers of the changelog's record, or <see langword="null"/>.</param>
    /// <returns>False if the window has expired; the write is then dropped and counted.</returns>
    /// <exception cref="InvalidOperationException">The store keeps duplicates, whose values go by their expiry alone.</exception>
    bool Delete(TKey key, long windowStart, long timestamp, Headers? headers);
}
