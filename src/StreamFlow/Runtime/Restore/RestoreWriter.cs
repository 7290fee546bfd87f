using System.Collections.Concurrent;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// Writes the batches of restoring stores on a thread of its own, in the order in which they became full, and lends empty
/// ones. Only few wait at a time, which bounds the memory.
/// </summary>
internal sealed class RestoreWriter : IDisposable
{
    /// <summary>How many batches there may be besides the one that each store fills.</summary>
    public const int MaxDue = 2;

    private readonly BlockingCollection<RestoringStore> _due = [];
    private readonly ConcurrentBag<StoreBatch> _empty = [];
    private readonly Thread _thread;
    private int _dueCount;

    /// <param name="name">Name of the thread.</param>
    public RestoreWriter(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Whether another batch may be added now.</summary>
    public bool HasRoom => Volatile.Read(ref _dueCount) < MaxDue;

    /// <summary>An empty batch.</summary>
    public StoreBatch Rent() => _empty.TryTake(out var batch) ? batch : new StoreBatch { IsBulk = true };

    /// <summary>Takes a batch back.</summary>
    public void Return(StoreBatch batch)
    {
        batch.Clear();
        _empty.Add(batch);
    }

    /// <summary>Has the full batch of a store written. Called on the restore thread only.</summary>
    public void Add(RestoringStore store)
    {
        Interlocked.Increment(ref _dueCount);
        _due.Add(store);
    }

    /// <summary>Gives the memory of empty batches back; nothing is being restored.</summary>
    public void Trim() => _empty.Clear();

    public void Dispose()
    {
        _due.CompleteAdding();
        _thread.Join();
        _due.Dispose();
    }

    private void Run()
    {
        foreach (var store in _due.GetConsumingEnumerable())
        {
            store.Write(this);
            Interlocked.Decrement(ref _dueCount);
        }
    }
}
