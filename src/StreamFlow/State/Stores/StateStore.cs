using System.Diagnostics.CodeAnalysis;
using StreamFlow.Clients;

namespace StreamFlow.State;

/// <summary>
/// A state store of a task while it runs: typed access over an <see cref="IByteStore"/>, with uncommitted writes kept
/// between. All stores of StreamFlow are of this kind; so is one of your own. Life: <see cref="Open"/>, then
/// <see cref="Restore"/> until the changelog's end and <see cref="Restored"/>, then reads and writes by processors, with
/// <see cref="Flush"/> and <see cref="Committed"/> at each commit and <see cref="Rollback"/> at each abort. Used by one thread.
/// </summary>
[Experimental("SF0001")]
public abstract class StateStore
{
    /// <summary>Creates the store of one task.</summary>
    /// <param name="name">Name of the store.</param>
    protected StateStore(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name of the store.</summary>
    public string Name { get; }

    /// <summary>Whether anything was written since the last flush.</summary>
    public abstract bool IsDirty { get; }

    /// <summary>Whether it keeps headers with its values, so that restoring needs those of the records.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public virtual bool KeepsHeaders => false;

    /// <summary>Connects the store to its bytes and its changelog.</summary>
    /// <param name="context">What it works with until it is closed.</param>
    public abstract void Open(StateStoreContext context);

    /// <summary>
    /// Appends what was written since the last flush to the changelog, stages it in the task's batch, and tells whoever
    /// waits for the commit. Afterwards nothing is dirty; the batch holds all that is uncommitted.
    /// </summary>
    public abstract void Flush();

    /// <summary>Drops everything that is not in the byte store: the transaction it belonged to was aborted.</summary>
    public abstract void Rollback();

    /// <summary>The task's batch with this store's changes was applied to the byte store.</summary>
    public abstract void Committed();

    /// <summary>Turns a changelog record into changes of the byte store.</summary>
    /// <param name="record">The record; its spans are valid during the call.</param>
    /// <param name="headers">Its headers if <see cref="KeepsHeaders"/>, or <see langword="null"/>.</param>
    /// <param name="batch">Takes the changes.</param>
    public abstract void Restore(in ByteRecord record, Headers? headers, StoreBatch batch);

    /// <summary>All changelog records are applied; derive what is kept in memory beside them.</summary>
    public virtual void Restored()
    {
    }

    /// <summary>The task leaves this thread: gives memory back.</summary>
    public virtual void Close()
    {
    }

    /// <summary>
    /// A batch is about to be written that holds the changelog up to an offset: after a commit, or while it is restored.
    /// </summary>
    /// <param name="end">Offset of the next changelog record.</param>
    /// <param name="batch">The batch.</param>
    internal virtual void Logged(long end, StoreBatch batch)
    {
    }

    /// <summary>Offset of the first changelog record that may still be needed; what is before it has expired.</summary>
    internal virtual long ChangelogStart => 0;

    /// <summary>
    /// Makes what reads the committed state of the store from other threads, while its own thread goes on. Called when the
    /// store is open, and perhaps still to be restored; the view is found by the store's name until the task is closed. It must
    /// not touch what the store keeps in memory.
    /// </summary>
    /// <param name="store">Which store it is, for the view.</param>
    /// <returns>The view; <see langword="null"/>, which is the default, where there is nothing to read by.</returns>
    public virtual StoreView? View(StoreIdentity store) => null;

    /// <summary>A value that was read, as an object that the store's thread will not change any more.</summary>
    internal virtual T Detached<T>(T value) => value;
}
