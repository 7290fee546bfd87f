using System.Collections.Concurrent;

namespace StreamFlow.Broker;

/// <summary>
/// A thread that does one piece of work after the other for those who ask. Who asks is not held up, and the pool's threads
/// are left to requests that are answered from memory. The queue is as long as there are connections at most: none asks for
/// more before it is answered.
/// </summary>
internal sealed class WorkThread : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;

    /// <param name="name">Name of the thread.</param>
    public WorkThread(string name)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Work that has not begun.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Queues a piece of work; the task ends as that does.</summary>
    /// <exception cref="OperationCanceledException">The thread is stopping.</exception>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        // What waits for it goes on elsewhere: this thread has other work.
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            _queue.Add(() => Run(work, done));
        }
        catch (InvalidOperationException)
        {
            // Nothing is taken any more: the broker stops.
            done.SetCanceled();
        }

        return done.Task;
    }

    /// <summary>Finishes what is queued, then stops.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private static void Run<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(work());
        }
#pragma warning disable CA1031 // Whoever waits for it is told, and the thread is there for the others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            done.SetException(exception);
        }
    }

    private void Run()
    {
        foreach (Action work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}
