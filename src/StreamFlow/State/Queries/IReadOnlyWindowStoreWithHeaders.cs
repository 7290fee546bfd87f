namespace StreamFlow.State;

/// <summary>A window store that keeps headers with its values, to be read with them.</summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlyWindowStoreWithHeaders<TKey, TValue> : IReadOnlyWindowStore<TKey, TValue>
{
    /// <summary>Looks a window of a key up, with timestamp and headers of its value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="windowStart">Start of the window in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="value">Its value, timestamp and headers.</param>
    /// <returns>Whether the window is there and not expired.</returns>
    bool TryFetchWithHeaders(TKey key, long windowStart, out ValueTimestampHeaders<TValue> value);

    /// <summary>The windows of a key that start in a stretch of time, in the order of their starts, with headers.</summary>
    /// <param name="key">The key.</param>
    /// <param name="from">Lowest start, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="to">Highest start, included.</param>
    /// <param name="reverse">Whether to go from the latest window to the earliest.</param>
    /// <returns>Starts and values.</returns>
    IEnumerable<KeyValuePair<long, ValueTimestampHeaders<TValue>>> FetchWithHeaders(
        TKey key, long from, long to, bool reverse = false);

    /// <summary>
    /// The windows of the keys in a range that start in a stretch of time, with headers. They come in the order of
    /// <see cref="IReadOnlyWindowStore{TKey, TValue}.FetchAll"/>.
    /// </summary>
    /// <param name="keys">The keys: <c>KeyRange.Between("a", "c")</c>, open to one side, or <c>KeyRange.All&lt;string&gt;()</c>.</param>
    /// <param name="from">Lowest start, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="to">Highest start, included.</param>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Windowed keys and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueTimestampHeaders<TValue>>> FetchWithHeaders(
        KeyRange<TKey> keys, long from, long to, bool reverse = false);
}
