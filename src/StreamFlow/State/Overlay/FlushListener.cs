using StreamFlow.Records;

namespace StreamFlow.State;

/// <summary>
/// Told of each entry that changed between two flushes, in the order of the last writes. An operator sets one on its
/// store when updates wait for the commit; what it forwards may read and write any store, this one included.
/// </summary>
/// <typeparam name="TKey">Key of the store: the record key, or <see cref="WindowKey{TKey}"/>.</typeparam>
/// <typeparam name="TValue">Value of the store.</typeparam>
internal abstract class FlushListener<TKey, TValue>
{
    /// <param name="key">The key.</param>
    /// <param name="change">The value now, and the one at the flush before.</param>
    /// <param name="timestamp">Timestamp of the last write.</param>
    /// <param name="headers">Headers of the last write.</param>
    public abstract void Flushed(in TKey key, in Change<TValue> change, long timestamp, Headers? headers);
}
