using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Makes what was read of a live store the reader's own.</summary>
internal delegate T Detach<T>(StateStore store, T read);

/// <summary>What one task has of a store, as one read sees it.</summary>
/// <typeparam name="TStore">How it is read.</typeparam>
/// <param name="view">Its committed state.</param>
/// <param name="live">The store itself, where what is not committed is to be seen; else null.</param>
/// <param name="timeout">How long that may take.</param>
internal sealed class StorePart<TStore>(StoreView view, LiveStore? live, TimeSpan timeout)
    where TStore : class
{
    /// <summary>Reads something small.</summary>
    public T Read<T>(Func<TStore, T> read, Detach<T> detach)
    {
        try
        {
            return live is null
                ? read((TStore)(object)view)
                : live.Ask(store => detach(store, read((TStore)(object)store)), timeout);
        }
        catch (Exception exception) when (IsGone(exception))
        {
            throw Gone(exception);
        }
        catch (TimeoutException exception)
        {
            throw new StoreQueryException(
                StoreQueryFailure.TimedOut,
                $"The thread of task {view.TaskId} has not answered a read of store '{view.Name}' within {timeout}: it is at a record, "
                + "a commit or a rebalance. Read what is committed, allow more time, or see what Status says of the thread.",
                exception);
        }
    }

    /// <summary>Reads a sequence: lazily what is committed, all at once what is not.</summary>
    public IEnumerable<T> Rows<T>(Func<TStore, IEnumerable<T>> read, Detach<T> detach) =>
        live is null
            ? Lazily(read((TStore)(object)view))
            : Read(store => (List<T>)[.. read(store)], (store, rows) => rows.ConvertAll(row => detach(store, row)));

    private IEnumerable<T> Lazily<T>(IEnumerable<T> rows)
    {
        using var row = rows.GetEnumerator();
        while (true)
        {
            try
            {
                if (!row.MoveNext())
                {
                    yield break;
                }
            }
            catch (Exception exception) when (IsGone(exception))
            {
                throw Gone(exception);
            }

            yield return row.Current;
        }
    }

    private bool IsGone(Exception exception) =>
        exception is ObjectDisposedException || (exception is StateStoreException && view.IsClosed);

    private StoreQueryException Gone(Exception exception) => new(
        StoreQueryFailure.NotHere,
        $"Partition {view.TaskId.Partition} of store '{view.Name}' is no longer here: task {view.TaskId} was closed or has moved to another "
        + "instance while it was read. Read again, here or there.",
        exception);
}
