namespace StreamFlow.State;

/// <summary>
/// A list store of a task, to be read and written by its processors. The list of a key is written as a whole whenever it has
/// changed, to the changelog too, so it is made for keys with few values.
/// </summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of one value.</typeparam>
public interface IListStore<TKey, TValue> : IReadOnlyListStore<TKey, TValue>
{
    /// <summary>Adds a value behind those of its key; the same value may be there several times.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, never <see langword="null"/>.</param>
    /// <param name="timestamp">
    /// Time of the change, for the changelog, in milliseconds since 1970-01-01T00:00Z: as a rule that of the record at hand.
    /// </param>
    void Add(TKey key, TValue value, long timestamp);

    /// <summary>Deletes a key with all its values.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">Time of the deletion, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <returns>Whether it had values; else nothing is written.</returns>
    bool Delete(TKey key, long timestamp);
}
