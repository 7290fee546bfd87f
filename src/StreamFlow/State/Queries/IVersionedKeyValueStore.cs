namespace StreamFlow.State;

/// <summary>A versioned store to be read: per key every value with the time from which it is valid.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IReadOnlyVersionedKeyValueStore<TKey, TValue>
{
    /// <summary>Name of the store.</summary>
    string Name { get; }

    /// <summary>The latest version of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value and the time from which it is valid.</param>
    /// <returns>Whether there is a value now.</returns>
    bool TryGet(TKey key, out ValueAndTimestamp<TValue> value);

    /// <summary>The version of a key that was valid at a time; before the history, only one that still is.</summary>
    /// <param name="key">The key.</param>
    /// <param name="asOf">The time, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <param name="value">Its value and the time from which it is valid.</param>
    /// <returns>Whether there was a value, as far as the store still knows.</returns>
    bool TryGet(TKey key, long asOf, out ValueAndTimestamp<TValue> value);
}

/// <summary>A versioned store of a task, to be read and written by its processors.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface IVersionedKeyValueStore<TKey, TValue> : IReadOnlyVersionedKeyValueStore<TKey, TValue>
{
    /// <summary>Sets what is valid from a time on, until the next version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; <see langword="null"/> says that there is none from then on.</param>
    /// <param name="timestamp">The time, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <returns>False if the time is before the history; the write is then dropped and counted.</returns>
    bool Put(TKey key, TValue value, long timestamp);

    /// <summary>Says that a key has no value from a time on, until the next version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="timestamp">The time, in milliseconds since 1970-01-01T00:00Z.</param>
    /// <returns>False if the time is before the history; the write is then dropped and counted.</returns>
    bool Delete(TKey key, long timestamp);
}
