namespace StreamFlow.State;

/// <summary>
/// A session store of a task that keeps headers with its values; they are those of the records in its changelog. What is
/// written without headers has none.
/// </summary>
/// <typeparam name="TKey">Type of the record key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
public interface ISessionStoreWithHeaders<TKey, TValue>
    : ISessionStore<TKey, TValue>, IReadOnlySessionStoreWithHeaders<TKey, TValue>
{
    /// <summary>Sets the value of a session, at the time of its end.</summary>
    /// <param name="session">Key, and first and last timestamp.</param>
    /// <param name="value">The value; <see langword="null"/> deletes the session.</param>
    /// <param name="headers">Its headers, or <see langword="null"/>; of a deletion they go to the changelog alone.</param>
    /// <returns>False if the session has expired; the write is then dropped and counted.</returns>
    bool Put(Windowed<TKey> session, TValue value, Headers? headers);

    /// <summary>Deletes a session.</summary>
    /// <param name="session">Key, and first and last timestamp.</param>
    /// <param name="headers">Headers of the changelog's record, or <see langword="null"/>.</param>
    /// <returns>False if the session has expired; the write is then dropped and counted.</returns>
    bool Delete(Windowed<TKey> session, Headers? headers);
}
