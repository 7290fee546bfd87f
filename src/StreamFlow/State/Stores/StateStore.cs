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

    /// <summary>Whether it keeps headers with its values, so that restoring needs those of the records.</summary>
    public virtual bool KeepsHeaders => false;

    /// <summary>Turns a changelog record into changes of the byte store.</summary>
    public abstract void Restore(in ByteRecord record, Headers? headers, StoreBatch batch);

    /// <summary>All changelog records are applied; derive what is kept in memory beside them.</summary>
    public virtual void Restored()
    {
    }

    /// <summary>Reads the committed state from any thread; the store is open.</summary>
    public abstract StoreView View(TaskId taskId);

    /// <summary>The task leaves this thread: gives the memory back to the thread's budget.</summary>
    public virtual void Close()
    {
    }
}
