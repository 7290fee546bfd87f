using StreamFlow.Clients;

namespace StreamFlow.State;

/// <summary>
/// A state store of a task while it runs: typed façade over an <see cref="IByteStore"/> with a write-back cache between.
/// Life: <see cref="Open"/>, then <see cref="Restore"/> until the changelog's end, then reads and writes by processors,
/// with <see cref="Flush"/> at each commit and <see cref="Rollback"/> at each abort.
/// </summary>
internal abstract class StateStore
{
    protected StateStore(string name) => Name = name;

    public string Name { get; }

    /// <summary>Whether anything was written since the last flush.</summary>
    public abstract bool IsDirty { get; }

    /// <summary>Connects the façade to its bytes, changelog and budget.</summary>
    public abstract void Open(StateStoreContext context);

    /// <summary>
    /// Serializes each dirty entry once: appends it to the changelog, stages it in the task's batch, and forwards it
    /// downstream if updates wait for the commit. Afterwards nothing is dirty; the batch holds all that is uncommitted.
    /// </summary>
    public abstract void Flush();

    /// <summary>Drops everything that is not in the byte store: the transaction it belonged to was aborted.</summary>
    public abstract void Rollback();

    /// <summary>The task's batch with this store's changes was applied to the byte store.</summary>
    public abstract void Committed();

    /// <summary>Turns a changelog record into changes of the byte store.</summary>
    public abstract void Restore(in ByteRecord record, StoreBatch batch);

    /// <summary>All changelog records are applied; derive what is kept in memory beside them.</summary>
    public virtual void Restored()
    {
    }

    /// <summary>The task leaves this thread: gives the memory back to the thread's budget.</summary>
    public virtual void Close()
    {
    }
}

/// <summary>What a store works with inside its task.</summary>
internal sealed class StateStoreContext
{
    public required IByteStore Bytes { get; init; }

    /// <summary>Index of the store in its backend and in <see cref="Batch"/>.</summary>
    public required int Index { get; init; }

    /// <summary>The changes that the next commit applies to the backend.</summary>
    public required StoreBatch Batch { get; init; }

    /// <summary>Where changes are logged; <see langword="null"/> when logging is off.</summary>
    public ChangelogWriter? Changelog { get; init; }

    public required CacheBudget Budget { get; init; }

    /// <summary>Knows which input record a write is due to; <see langword="null"/> where nobody asks.</summary>
    public OriginTracker? Origins { get; init; }

    /// <summary>
    /// Told of an entry whose value (or key) the serde cannot write. Returns when the writes of the entry since the last flush
    /// are to be taken back; throws when the thread is to stop, as it does where nobody is told.
    /// </summary>
    public Action<Exception>? Unwritable { get; init; }

    /// <summary>Told of every record that a store refuses, with the reason.</summary>
    public required Action<string> Dropped { get; init; }
}

/// <summary>Appends to the changelog partition of one store.</summary>
internal abstract class ChangelogWriter
{
    public abstract void Append(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestamp, Headers? headers);
}
