namespace StreamFlow.State;

/// <summary>A session store that keeps headers with its values, to be read with them.</summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlySessionStoreWithHeaders<TKey, TValue> : IReadOnlySessionStore<TKey, TValue>
{
    /// <summary>Looks a session of a key up, with its headers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="start">First timestamp of the session, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="end">Last timestamp of the session, not before the first.</param>
    /// <param name="value">Its value and headers.</param>
    /// <returns>Whether there is a session with these two and it has not expired.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The start is negative, or the end comes before it.</exception>
    bool TryFetchSessionWithHeaders(TKey key, long start, long end, out ValueAndHeaders<TValue> value);

    /// <summary>The sessions of a key that overlap a stretch of time, by end, then start, with headers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="earliestEnd">Lowest last timestamp, in milliseconds since 1970-01-01T00:00Z; 0 for all.</param>
    /// <param name="latestStart">Highest first timestamp, included; <see cref="long.MaxValue"/> for all.</param>
    /// <param name="reverse">Whether to go from the latest session to the earliest.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndHeaders<TValue>>> FindSessionsWithHeaders(
        TKey key, long earliestEnd, long latestStart, bool reverse = false);

    /// <summary>
    /// The sessions of the keys in a range that overlap a stretch of time, with headers. They come in the order of
    /// <see cref="IReadOnlySessionStore{TKey, TValue}.All"/>.
    /// </summary>
    /// <param name="keys">The keys: <c>KeyRange.Between("a", "c")</c>, open to one side, or <c>KeyRange.All&lt;string&gt;()</c>.</param>
    /// <param name="earliestEnd">Lowest last timestamp, in milliseconds since 1970-01-01T00:00Z; 0 for all.</param>
    /// <param name="latestStart">Highest first timestamp, included; <see cref="long.MaxValue"/> for all.</param>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Sessions and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndHeaders<TValue>>> FindSessionsWithHeaders(
        KeyRange<TKey> keys, long earliestEnd, long latestStart, bool reverse = false);
}
