using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>The tasks of one stream thread, by how far they are; closes and replaces them.</summary>
internal sealed class TaskSet(ThreadServices services, string threadName, StreamTaskFactory factory, Restorer restorer)
{
    private readonly SortedDictionary<TaskId, StreamTask> _tasks = [];

    public IReadOnlyCollection<StreamTask> All => _tasks.Values;

    /// <summary>To be opened and located.</summary>
    public List<StreamTask> Created { get; } = [];

    /// <summary>Restored, or without anything to restore.</summary>
    public List<StreamTask> Complete { get; } = [];

    public List<StreamTask> Running { get; } = [];

    /// <returns>What the task reads.</returns>
    public IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> Add(TopicPartition leader, long rebalance)
    {
        var task = factory.Create(leader.Topic, leader.Partition);
        task.Rebalance = rebalance;
        if (!_tasks.TryAdd(task.Id, task))
        {
            return _tasks[task.Id].Inputs;
        }

        Created.Add(task);
        return task.Inputs;
    }

    public bool TryGet(TaskId id, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out StreamTask task) =>
        _tasks.TryGetValue(id, out task);

    public void Run(StreamTask task)
    {
        Running.Add(task);
        Running.Sort((a, b) => a.Id.CompareTo(b.Id));
        RuntimeLog.TaskRunning(services.Logger, task.Id);
    }

    /// <summary>All running tasks go back to their last commit.</summary>
    public void Rewind()
    {
        Created.AddRange(Running);
        var rewound = Running.ToList();
        Running.Clear();
        rewound.ForEach(task => task.Rewind());
    }

    /// <summary>Closes a task and makes it anew, over what its stores have committed or over nothing.</summary>
    public void Remake(StreamTask task, bool wipe)
    {
        var fresh = factory.CreateAgain(task);
        fresh.Rebalance = task.Rebalance;
        Drop(task);
        fresh.FirstOffsets.TakeOver(task.FirstOffsets);
        if (wipe)
        {
            factory.Wipe(task.Id);
        }

        _tasks[fresh.Id] = fresh;
        Created.Add(fresh);
    }

    /// <returns>What the task has read; nothing if there is no such task.</returns>
    public IEnumerable<TopicPartition> Remove(TaskId id)
    {
        if (!_tasks.Remove(id, out var task))
        {
            return [];
        }

        Drop(task);
        return task.Inputs.Select(i => i.Partition);
    }

    public void Clear()
    {
        foreach (var task in _tasks.Values)
        {
            Drop(task);
        }

        _tasks.Clear();
    }

    /// <summary>A store that cannot write what it still holds loses nothing: that is committed to its changelog.</summary>
    private void Drop(StreamTask task)
    {
        Created.Remove(task);
        Complete.Remove(task);
        Running.Remove(task);
        restorer.Remove(task);
        try
        {
            factory.Close(task);
        }
        catch (Exception exception) when (exception is StreamsException or IOException)
        {
            RuntimeLog.CloseFailed(services.Logger, exception, threadName);
        }
    }
}
