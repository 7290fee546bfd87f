namespace StreamFlow.State;

/// <summary>A session store of a task, to be read and written by its processors.</summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface ISessionStore<TKey, TValue> : IReadOnlySessionStore<TKey, TValue>
{
    /// <summary>Sets the value of a session, at the time of its end.</summary>
    /// <param name="session">Key, and first and last timestamp.</param>
    /// <param name="value">The value; <see langword="null"/> deletes the session.</param>
    /// <returns>False if the session has expired; the write is then dropped and counted.</returns>
    bool Put(Windowed<TKey> session, TValue value);

    /// <summary>Deletes a session.</summary>
    /// <param name="session">Key, and first and last timestamp.</param>
    /// <returns>False if the session has expired; the write is then dropped and counted.</returns>
    bool Delete(Windowed<TKey> session);
}
