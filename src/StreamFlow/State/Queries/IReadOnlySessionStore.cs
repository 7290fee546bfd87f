using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.State;

/// <summary>
/// A session store to be read: per key, its sessions with their first and last timestamp as a window, both ends included.
/// Sessions that have outlived the store's retention are not visible. In a processor reads see every update processed so far, committed
/// or not; elsewhere what they were asked to. Sequences are read lazily from the state at the moment their enumeration starts; later changes do not show in
/// them.
/// </summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlySessionStore<TKey, TValue>
{
    /// <summary>Name of the store.</summary>
    string Name { get; }

    /// <summary>Looks a session of a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="start">First timestamp of the session, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="end">Last timestamp of the session, not before the first.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether there is a session with these two and it has not expired.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The start is negative, or the end comes before it.</exception>
    bool TryFetchSession(TKey key, long start, long end, [MaybeNullWhen(false)] out TValue value);

    /// <summary>All sessions of a key, by end, then start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reverse">Whether to go from the latest session to the earliest.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(TKey key, bool reverse = false);

    /// <summary>All sessions of the keys in a range, in the order of <see cref="All"/>.</summary>
    /// <param name="keys">The keys: <c>KeyRange.Between("a", "c")</c>, or open to one side.</param>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> Fetch(KeyRange<TKey> keys, bool reverse = false);

    /// <summary>The sessions of a key that overlap a stretch of time, by end, then start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="earliestEnd">Lowest last timestamp, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="latestStart">Highest first timestamp, included.</param>
    /// <param name="reverse">Whether to go from the latest session to the earliest.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        TKey key, long earliestEnd, long latestStart, bool reverse = false);

    /// <summary>The sessions of the keys in a range that overlap a stretch of time, in the order of <see cref="All"/>.</summary>
    /// <param name="keys">The keys: <c>KeyRange.Between("a", "c")</c>, or open to one side.</param>
    /// <param name="earliestEnd">Lowest last timestamp, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="latestStart">Highest first timestamp, included.</param>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> FindSessions(
        KeyRange<TKey> keys, long earliestEnd, long latestStart, bool reverse = false);

    /// <summary>
    /// All sessions that have not expired. They come segment by segment of their ends, within a segment by the keys'
    /// serialized bytes, within a key by end, then start.
    /// </summary>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, TValue>> All(bool reverse = false);
}
