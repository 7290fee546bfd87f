using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.State;

/// <summary>
/// Reads the committed state of one store of one task, from any thread, while the task goes on. What it shows is read
/// committed and at most one commit interval old: it reads the byte store and never what the task has not committed. An
/// iterator over <see cref="Bytes"/> shows the state of one moment. Serdes are used by several threads at once, as those that
/// come with StreamFlow allow. A store of your own has one derived from this, made by <see cref="StateStore.View"/>.
/// </summary>
[Experimental("SF0001")]
public abstract class StoreView
{
    private readonly ViewedBytes _bytes;
    private readonly StoreIdentity _store;
    private bool _isComplete;

    /// <summary>Creates the view of a store.</summary>
    /// <param name="store">Which store: what <see cref="StateStore.View"/> was given.</param>
    protected StoreView(StoreIdentity store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _bytes = new ViewedBytes(store);
    }

    /// <summary>Name of the store.</summary>
    public string Name => _store.Name;

    /// <summary>The task whose store it is.</summary>
    public TaskId TaskId => _store.TaskId;

    /// <summary>An estimate of the number of entries, cheap to get.</summary>
    /// <exception cref="StateStoreException">The store is no longer here.</exception>
    public long ApproximateCount => _bytes.ApproximateCount;

    /// <summary>
    /// What the view is complete up to. Asked for before a read, it is never ahead of what the read shows.
    /// </summary>
    internal StorePosition Position { get; } = new();

    /// <summary>What kind of store it is, for messages.</summary>
    internal virtual string Kind => $"a store of its own kind, read by {GetType()}";

    /// <summary>Serde of the keys that records are placed by; null where that is not known.</summary>
    internal virtual object? RecordKeys => null;

    /// <summary>What reads the store on its own thread, which sees what is not committed; null where nothing does.</summary>
    internal object? Live { get; set; }

    /// <summary>Whether all of the changelog is in it; else the store is being restored.</summary>
    internal bool IsComplete
    {
        get => Volatile.Read(ref _isComplete);
        set => Volatile.Write(ref _isComplete, value);
    }

    /// <summary>Whether the task has given the store up.</summary>
    internal bool IsClosed => _bytes.IsClosed;

    /// <summary>
    /// The committed bytes, to be read by any number of threads. Every read throws a <see cref="StateStoreException"/> once the
    /// task was closed or has moved to another instance. Iterators are to be disposed, each used by one thread.
    /// </summary>
    protected IByteStore Bytes => _bytes;

    /// <summary>The task gives the store up: who still has the view gets an error, not nothing.</summary>
    internal void Close() => _bytes.Close();
}

/// <summary>Which store a view is of, and where its committed state is.</summary>
[Experimental("SF0001")]
public sealed class StoreIdentity
{
    internal StoreIdentity(string name, TaskId taskId, IByteStore bytes) => (Name, TaskId, Bytes) = (name, taskId, bytes);

    /// <summary>Name of the store.</summary>
    public string Name { get; }

    /// <summary>The task whose store it is.</summary>
    public TaskId TaskId { get; }

    internal IByteStore Bytes { get; }
}
