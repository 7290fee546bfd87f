namespace StreamFlow.State;

/// <summary>
/// A session store to be read: per key, its sessions with their first and last timestamp as a window, both ends included.
/// Sessions that have outlived the store's retention are not visible. Reads see every update processed so far, committed
/// or not. Sequences are read lazily from the state at the moment their enumeration starts; later changes do not show in
/// them.
/// </summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlySessionStore<TKey, TValue>
{
    /// <summary>Name of the store.</summary>
    string Name { get; }

    /// <summary>All sessions of a key, by end, then start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reverse">Whether to go from the latest session to the earliest.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reverse = false);

    /// <summary>The sessions of a key that overlap a stretch of time, by end, then start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="earliestEnd">Lowest last timestamp, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="latestStart">Highest first timestamp, included.</param>
    /// <param name="reverse">Whether to go from the latest session to the earliest.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        TKey key, long earliestEnd, long latestStart, bool reverse = false);

    /// <summary>
    /// All sessions that have not expired. They come segment by segment of their ends, within a segment by the keys'
    /// serialized bytes, within a key by end, then start.
    /// </summary>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reverse = false);
}
