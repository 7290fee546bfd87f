using System.Collections.Concurrent;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// Threads that run fsyncs for the logs of one disk. A log waits in the queue at most once, so all appends that
/// arrive while an fsync of theirs is running share the next one.
/// </summary>
internal sealed class LogFlusher : IDisposable
{
    private readonly BlockingCollection<PartitionLog> _queue = [];
    private readonly Thread[] _threads;

    /// <param name="threads">Fsyncs in flight at once; the file system merges those of several files.</param>
    public LogFlusher(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _threads = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"log-flusher-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Queues a flush; false when the flusher is stopping, and the caller must flush itself.</summary>
    public bool TryEnqueue(PartitionLog log)
    {
        try
        {
            return _queue.TryAdd(log);
        }
        catch (InvalidOperationException)
        {
            // Adding was completed between the caller's need and this call: the caller flushes inline.
            return false;
        }
    }

    /// <summary>Finishes what is queued, then stops.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _queue.Dispose();
    }

    private void Run()
    {
        foreach (var log in _queue.GetConsumingEnumerable())
        {
            try
            {
                log.FlushQueued();
            }
#pragma warning disable CA1031 // The thread serves all logs; whatever one of them throws, the others need it.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                log.FlushFailed(exception);
            }
        }
    }
}
