using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// Reads of stores that see what is not committed. Only the thread of a task may look at that, so it is handed to it, and
/// answered between two turns. While nobody asks a turn costs the look at one field.
/// </summary>
internal sealed class LatestReads
{
    private readonly Lock _gate = new();
    private List<Action> _waiting = [];
    private volatile bool _any;
    private bool _isClosed;

    /// <summary>Has a function called on the thread, and waits for what it returns or throws.</summary>
    /// <exception cref="TimeoutException">The thread did not come to it.</exception>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    public T Ask<T>(Func<T> read, TimeSpan timeout)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _waiting.Add(() => Answer(answer, read));
            _any = true;
        }

        // Not as a wait for the task, which would wrap what the read throws.
        if (!((IAsyncResult)answer.Task).AsyncWaitHandle.WaitOne(timeout) && answer.TrySetCanceled())
        {
            throw new TimeoutException();
        }

        return answer.Task.GetAwaiter().GetResult();
    }

    /// <summary>On the thread: answers whoever has asked until now.</summary>
    public void Answer()
    {
        if (_any)
        {
            foreach (var answer in Take(closes: false))
            {
                answer();
            }
        }
    }

    /// <summary>On the thread, which ends: whoever waits learns it from the stores, which are closed.</summary>
    public void Close()
    {
        foreach (var answer in Take(closes: true))
        {
            answer();
        }
    }

    private List<Action> Take(bool closes)
    {
        lock (_gate)
        {
            var taken = _waiting;
            _waiting = [];
            _any = false;
            _isClosed |= closes;
            return taken;
        }
    }

    private static void Answer<T>(TaskCompletionSource<T> answer, Func<T> read)
    {
        if (answer.Task.IsCompleted)
        {
            return;
        }

        try
        {
            answer.TrySetResult(read());
        }
#pragma warning disable CA1031 // It is the asker's, and nothing of it may reach the thread.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            answer.TrySetException(exception);
        }
    }
}

/// <summary>A store of a running task, to be read on the task's thread.</summary>
internal sealed class LiveStore(StateStore store, StoreView view, LatestReads reads)
{
    public StateStore Store => store;

    /// <summary>Reads the store between two turns of its thread.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    /// <exception cref="TimeoutException">The thread did not come to it.</exception>
    public T Ask<T>(Func<StateStore, T> read, TimeSpan timeout) => reads.Ask(
        () =>
        {
            ObjectDisposedException.ThrowIf(view.IsClosed, view);
            return read(store);
        },
        timeout);
}
