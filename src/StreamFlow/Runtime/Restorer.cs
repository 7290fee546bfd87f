using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// Fills stores from their changelogs on a thread and a consumer of its own, beside processing. A task that is added
/// belongs to the restorer until it comes back through <see cref="TryTakeFinished"/> or is removed.
/// </summary>
internal sealed class Restorer : IDisposable
{
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(50);
    private readonly Func<IKafkaConsumer> _createConsumer;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly Action _finishedSomething;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _changed = new(false);
    private readonly List<RestoringStore> _stores = [];
    private readonly Queue<RestoreResult> _finished = new();
    private Thread? _thread;
    private bool _assignmentStale;
    private volatile bool _stopping;

    /// <param name="name">Name of the thread.</param>
    /// <param name="createConsumer">Makes a consumer without a group.</param>
    /// <param name="logger">Gets progress and errors.</param>
    /// <param name="finishedSomething">Called on the restore thread when a task can be taken back.</param>
    public Restorer(string name, Func<IKafkaConsumer> createConsumer, ILogger logger, Action finishedSomething)
    {
        _name = name;
        _createConsumer = createConsumer;
        _logger = logger;
        _finishedSomething = finishedSomething;
    }

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

    /// <summary>Hands a task over; its stores are restored from where their local data ends.</summary>
    public void Add(StreamTask task)
    {
        lock (_gate)
        {
            foreach (var store in task.Stores.All.Where(s => s.Changelog is not null))
            {
                _stores.Add(new RestoringStore(task, store));
            }

            _assignmentStale = true;
            _thread ??= StartThread();
        }

        _changed.Set();
    }

    /// <summary>Takes a task back whatever its progress; when this returns the restorer no longer touches its stores.</summary>
    public void Remove(StreamTask task)
    {
        lock (_gate)
        {
            _stores.RemoveAll(s => s.Task == task);
            _assignmentStale = true;
            var others = _finished.Where(f => f.Task != task).ToList();
            _finished.Clear();
            others.ForEach(_finished.Enqueue);
        }
    }

    /// <summary>Takes a task back that is complete, or cannot be restored.</summary>
    public bool TryTakeFinished(out RestoreResult result)
    {
        lock (_gate)
        {
            return _finished.TryDequeue(out result);
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _changed.Set();
        _thread?.Join();
        _changed.Dispose();
    }

    private Thread StartThread()
    {
        var thread = new Thread(Run) { Name = _name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Run()
    {
        while (!_stopping)
        {
            try
            {
                using var consumer = _createConsumer();
                RunWith(consumer);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                RuntimeLog.RestoreFailed(_logger, exception, _name);
                FailAll(exception);
                _changed.WaitOne();
            }
        }
    }

    private void RunWith(IKafkaConsumer consumer)
    {
        lock (_gate)
        {
            _assignmentStale = true;
        }

        var more = false;
        while (!_stopping)
        {
            bool idle;
            lock (_gate)
            {
                UpdateAssignment(consumer);
                idle = _stores.Count == 0;
            }

            if (idle)
            {
                _changed.WaitOne();
                continue;
            }

            Poll(consumer, more ? TimeSpan.Zero : PollTimeout);
            more = ApplyAll(consumer);
        }
    }

    private void Poll(IKafkaConsumer consumer, TimeSpan timeout)
    {
        try
        {
            consumer.Poll(timeout);
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Retriable)
        {
            RuntimeLog.PollFailed(_logger, exception, _name);
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.OffsetOutOfRange)
        {
            lock (_gate)
            {
                foreach (var task in _stores.Where(s => s.Changelog == exception.Partition).Select(s => s.Task).Distinct().ToList())
                {
                    Finish(task, new TaskCorruptedException(
                        task.Id, $"The position in {exception.Partition} has left the log during the restore.", exception));
                }
            }
        }
    }

    private void UpdateAssignment(IKafkaConsumer consumer)
    {
        if (!_assignmentStale)
        {
            return;
        }

        _assignmentStale = false;
        foreach (var store in _stores.Where(s => !s.IsLocated).ToList())
        {
            Locate(store, consumer);
        }

        FinishCompleteTasks();
        consumer.Assign([.. _stores.Where(s => !s.IsDone).Select(s => new PartitionOffset(s.Changelog, s.Position))]);
    }

    private void Locate(RestoringStore store, IKafkaConsumer consumer)
    {
        var (beginning, end) = consumer.QueryOffsets(store.Changelog, TimeSpan.FromSeconds(30));
        if (!store.Locate(beginning, end))
        {
            Finish(store.Task, new TaskCorruptedException(
                store.Task.Id,
                $"The local state of store '{store.Name}' ends at changelog offset {store.StoredOffset}, but {store.Changelog} "
                + $"holds offsets {beginning} to {end}: it was recreated or truncated. The state is rebuilt from the changelog."));
            return;
        }

        RuntimeLog.RestoreStarted(_logger, store.Task.Id, store.Name, store.Position, end);
    }

    /// <summary>One turn over all stores; the gate is free between two of them, so that a task can be taken back.</summary>
    private bool ApplyAll(IKafkaConsumer consumer)
    {
        RestoringStore[] stores;
        lock (_gate)
        {
            stores = [.. _stores];
        }

        var more = false;
        foreach (var store in stores)
        {
            lock (_gate)
            {
                if (_assignmentStale)
                {
                    return true;
                }

                more |= !store.IsDone && ApplyOne(store, consumer.Reader(store.Changelog));
            }
        }

        lock (_gate)
        {
            FinishCompleteTasks();
        }

        return more;
    }

    private bool ApplyOne(RestoringStore store, PartitionReader reader)
    {
        try
        {
            return store.Apply(reader);
        }
        catch (Exception exception) when (exception is StateStoreException or FormatException)
        {
            Finish(store.Task, exception);
            return false;
        }
    }

    private void FinishCompleteTasks()
    {
        foreach (var group in _stores.GroupBy(s => s.Task).Where(g => g.All(s => s.IsDone)).ToList())
        {
            foreach (var store in group)
            {
                RuntimeLog.RestoreCompleted(_logger, store.Task.Id, store.Name, store.Applied);
            }

            Finish(group.Key, null);
        }
    }

    private void Finish(StreamTask task, Exception? error)
    {
        _stores.RemoveAll(s => s.Task == task);
        _assignmentStale = true;
        _finished.Enqueue(new RestoreResult(task, error));
        _finishedSomething();
    }

    private void FailAll(Exception exception)
    {
        lock (_gate)
        {
            foreach (var task in _stores.Select(s => s.Task).Distinct().ToList())
            {
                Finish(task, exception);
            }
        }
    }
}

/// <summary>A task that left the restorer.</summary>
/// <param name="Task">The task.</param>
/// <param name="Error">Why it cannot be restored, or null when it is complete.</param>
internal readonly record struct RestoreResult(StreamTask Task, Exception? Error);
