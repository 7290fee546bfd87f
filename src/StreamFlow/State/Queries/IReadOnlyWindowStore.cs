using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.State;

/// <summary>
/// A window store to be read: per key, one value for each start of a window. Windows that have outlived the store's
/// retention are not visible. In a processor reads see every update processed so far, committed or not; elsewhere what they were asked to. Sequences are read lazily from
/// the state at the moment their enumeration starts; later changes do not show in them.
/// </summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlyWindowStore<TKey, TValue>
{
    /// <summary>Name of the store.</summary>
    string Name { get; }

    /// <summary>Looks a window of a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="windowStart">Start of the window in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether the window is there and not expired.</returns>
    bool TryFetch(TKey key, long windowStart, [MaybeNullWhen(false)] out TValue value);

    /// <summary>Looks a window of a key up, with the timestamp of its value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="windowStart">Start of the window in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="value">Its value and timestamp.</param>
    /// <returns>Whether the window is there and not expired.</returns>
    bool TryFetchWithTimestamp(TKey key, long windowStart, out ValueAndTimestamp<TValue> value);

    /// <summary>The windows of a key that start in a stretch of time, in the order of their starts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="from">Lowest start, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="to">Highest start, included.</param>
    /// <param name="reverse">Whether to go from the latest window to the earliest.</param>
    /// <returns>Starts and values.</returns>
    IEnumerable<KeyValuePair<long, ValueAndTimestamp<TValue>>> Fetch(
        TKey key, long from, long to, bool reverse = false);

    /// <summary>
    /// The windows of the keys in a range that start in a stretch of time, in the order of <see cref="FetchAll"/>.
    /// </summary>
    /// <param name="keys">The keys: <c>KeyRange.Between("a", "c")</c>, or open to one side.</param>
    /// <param name="from">Lowest start, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="to">Highest start, included.</param>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Windowed keys and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> Fetch(
        KeyRange<TKey> keys, long from, long to, bool reverse = false);

    /// <summary>
    /// The windows of all keys that start in a stretch of time. They come segment by segment of time, within a segment by
    /// the keys' serialized bytes, within a key by start.
    /// </summary>
    /// <param name="from">Lowest start, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="to">Highest start, included.</param>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Windowed keys and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> FetchAll(
        long from, long to, bool reverse = false);

    /// <summary>All windows that have not expired, in the order of <see cref="FetchAll"/>.</summary>
    /// <param name="reverse">Whether to go backwards.</param>
    /// <returns>Windowed keys and values.</returns>
    IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>> All(bool reverse = false);
}
