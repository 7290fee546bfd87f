using StreamFlow.Records;

namespace StreamFlow.State;

/// <summary>
/// Told of each entry that changed between two flushes, in the order of the last writes. An operator sets one on its
/// store; what it forwards may read and write any store, this one included.
/// </summary>
/// <typeparam name="TKey">Key of the store: the record key, or <see cref="WindowKey{TKey}"/>.</typeparam>
/// <typeparam name="TValue">Value of the store.</typeparam>
internal abstract class FlushListener<TKey, TValue>
{
    /// <summary>Whether updates wait for the flush. If not, each was told of at once, and the flush tells of none.</summary>
    public virtual bool Waits => true;

    /// <summary>An entry is staged; called where updates wait.</summary>
    /// <param name="key">The key.</param>
    /// <param name="change">The value now, and the one at the flush before.</param>
    /// <param name="timestamp">Timestamp of the last write.</param>
    /// <param name="headers">Headers of the last write.</param>
    public abstract void Flushed(in TKey key, in Change<TValue> change, long timestamp, Headers? headers);

    /// <summary>The writes of an entry were taken back, because its value cannot be serialized.</summary>
    /// <param name="key">The key.</param>
    /// <param name="change">The value it has again, and the one that was written.</param>
    /// <param name="timestamp">Timestamp of the write.</param>
    /// <param name="headers">Headers of the write.</param>
    public virtual void TakenBack(in TKey key, in Change<TValue> change, long timestamp, Headers? headers)
    {
    }
}
