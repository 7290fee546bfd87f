using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>
/// The stores that are being restored and the tasks that can be taken back, between the stream thread and the restore
/// thread. Its lock is never held while the broker or a store is waited for: the stream thread goes on meanwhile.
/// </summary>
/// <param name="logger">Gets what is complete.</param>
internal sealed class RestoreQueue(ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<RestoringStore> _stores = [];
    private readonly Queue<RestoreResult> _finished = new();
    private RestoringStore[]? _snapshot;
    private bool _changed;
    private long _restored;

    /// <summary>Changelog records still to be applied, over all tasks; an estimate.</summary>
    public long Remaining
    {
        get
        {
            lock (_gate)
            {
                return _stores.Sum(s => s.Remaining);
            }
        }
    }

    /// <summary>Whether stores came or went since <see cref="TakeReadable"/> was last called.</summary>
    public bool IsChanged
    {
        get
        {
            lock (_gate)
            {
                return _changed;
            }
        }
    }

    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _stores.Count == 0 && !_changed;
            }
        }
    }

    /// <summary>Changelog records of tasks that became complete since this was last asked.</summary>
    public long TakeRestored()
    {
        lock (_gate)
        {
            var restored = _restored;
            _restored = 0;
            return restored;
        }
    }

    public void Add(StreamTask task)
    {
        lock (_gate)
        {
            foreach (var store in task.Stores.All.Where(s => s.RestoredFrom is not null))
            {
                var restoring = new RestoringStore(task, store);
                restoring.Measure(task.Context.Metrics.Meter);
                _stores.Add(restoring);
            }

            _snapshot = null;
            _changed = true;
        }
    }

    /// <summary>When this returns the stores of the task are no longer touched.</summary>
    public void Remove(StreamTask task)
    {
        List<RestoringStore> removed;
        lock (_gate)
        {
            removed = [.. _stores.Where(s => s.Task == task)];
            _stores.RemoveAll(s => s.Task == task);
            _snapshot = null;
            _changed = true;
            var others = _finished.Where(f => f.Task != task).ToList();
            _finished.Clear();
            others.ForEach(_finished.Enqueue);
        }

        removed.ForEach(s => s.Abandon());
    }

    public bool TryTakeFinished(out RestoreResult result)
    {
        lock (_gate)
        {
            return _finished.TryDequeue(out result);
        }
    }

    /// <summary>The stores as they are now.</summary>
    public IReadOnlyList<RestoringStore> Stores()
    {
        lock (_gate)
        {
            return _snapshot ??= [.. _stores];
        }
    }

    /// <summary>What is to be read: the stores that are neither complete nor, having come a moment ago, without a position.</summary>
    public IReadOnlyList<RestoringStore> TakeReadable()
    {
        lock (_gate)
        {
            _changed = _stores.Exists(s => !s.IsLocated);
            return [.. _stores.Where(s => s.IsReadable)];
        }
    }

    /// <summary>Asks for everything to be assigned anew.</summary>
    public void MarkChanged()
    {
        lock (_gate)
        {
            _changed = true;
        }
    }

    public void FinishCompleteTasks()
    {
        List<RestoringStore> complete = [];
        lock (_gate)
        {
            foreach (var group in _stores.GroupBy(s => s.Task).Where(g => g.All(s => s.IsDone)).ToList())
            {
                complete.AddRange(group);
                _restored += group.Sum(s => s.Applied);
                Finish(group.Key, null);
            }
        }

        // The log is the user's, and may take its time.
        complete.FindAll(s => s.Applied > 0).ForEach(s => RuntimeLog.RestoreCompleted(logger, s.Task.Id, s.Name, s.Applied));
    }

    /// <summary>Gives up the tasks of which a store fits, unless they were taken back meanwhile.</summary>
    public void Fail(Func<RestoringStore, bool> concerns, Func<StreamTask, Exception> error)
    {
        // This waits for a write under way, so it comes before the gate.
        var tasks = Stores().Where(concerns).Select(s => s.Task).ToHashSet();
        foreach (var store in Stores().Where(s => tasks.Contains(s.Task)))
        {
            store.Abandon();
        }

        lock (_gate)
        {
            foreach (var task in _stores.Where(concerns).Select(s => s.Task).Distinct().ToList())
            {
                Finish(task, error(task));
            }
        }
    }

    private void Finish(StreamTask task, Exception? error)
    {
        // The stream thread may use the stores as soon as the gate is free.
        _stores.Where(s => s.Task == task).ToList().ForEach(s => s.Abandon());
        _stores.RemoveAll(s => s.Task == task);
        _snapshot = null;
        _changed = true;
        _finished.Enqueue(new RestoreResult(task, error));
    }
}

/// <summary>A task that left the restorer.</summary>
/// <param name="Task">The task.</param>
/// <param name="Error">Why it cannot be restored, or null when it is complete.</param>
internal readonly record struct RestoreResult(StreamTask Task, Exception? Error);
