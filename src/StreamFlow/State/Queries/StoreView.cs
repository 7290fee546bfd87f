using StreamFlow.Serialization;

namespace StreamFlow.State;

/// <summary>
/// Reads the committed state of one store of one task, from any thread, while the task goes on. What it shows is read
/// committed and at most one commit interval old: it reads the byte store and never the task's cache. A sequence shows
/// the state of one moment. Serdes are used by several threads at once, as those that come with StreamFlow allow.
/// </summary>
internal abstract class StoreView
{
    private readonly StoreIdentity _store;
    private volatile bool _isClosed;

    protected StoreView(StoreIdentity store) => _store = store;

    public string Name => _store.Name;

    /// <summary>The task whose store it is.</summary>
    public TaskId TaskId => _store.TaskId;

    /// <summary>
    /// What the view is complete up to. Asked for before a read, it is never ahead of what the read shows.
    /// </summary>
    public StorePosition Position { get; } = new();

    public long ApproximateCount => Guard(_store.Bytes, static bytes => bytes.ApproximateCount);

    /// <summary>The task gives the store up: who still has the view gets an error, not nothing.</summary>
    public void Close() => _isClosed = true;

    protected bool TryGet(PooledBuffer key, PooledBuffer value) =>
        Guard((_store.Bytes, key, value), static x => x.Bytes.TryGet(x.key.Written, x.value));

    /// <summary>Opens an iterator, to be disposed.</summary>
    protected ByteIterator Open(PooledBuffer from, PooledBuffer to, bool reverse) =>
        Guard((_store.Bytes, from, to, reverse), static x => x.Bytes.Range(x.from.Written, x.to.Written, x.reverse));

    /// <summary>Moves an iterator on.</summary>
    protected bool MoveNext(ByteIterator iterator) => Guard(iterator, static i => i.MoveNext());

    protected TResult Guard<TArgument, TResult>(TArgument argument, Func<TArgument, TResult> read)
    {
        try
        {
            var result = _isClosed ? throw Gone(null) : read(argument);
            // Closed meanwhile, a store in memory is empty: that must not pass for an answer.
            return _isClosed ? throw Gone(null) : result;
        }
        catch (ObjectDisposedException exception)
        {
            throw Gone(exception);
        }
    }

    private StateStoreException Gone(Exception? inner) => new(
        $"Store '{Name}' of task {TaskId} is no longer here: the task was closed or has moved to another instance. "
        + "Look the store up again.",
        inner);
}

/// <summary>Which store a view is of.</summary>
/// <param name="Name">Name of the store.</param>
/// <param name="TaskId">Its task.</param>
/// <param name="Bytes">Its committed state.</param>
internal sealed record StoreIdentity(string Name, TaskId TaskId, IByteStore Bytes);
