namespace StreamFlow.Runtime;

/// <summary>The tasks of one stream thread, by how far they are; closes and replaces them.</summary>
internal sealed class TaskSet(ThreadServices services, string threadName, StreamTaskFactory factory, Restorer restorer)
{
    private readonly SortedDictionary<TaskId, StreamTask> _tasks = [];
    private readonly TaskPartitions _partitions = new(services.Topics);

    public IReadOnlyCollection<StreamTask> All => _tasks.Values;

    /// <summary>To be opened and located.</summary>
    public List<StreamTask> Created { get; } = [];

    /// <summary>Restored, or without anything to restore.</summary>
    public List<StreamTask> Complete { get; } = [];

    public List<StreamTask> Running { get; } = [];

    public void Add(TopicPartition leader)
    {
        var task = factory.Create(leader.Topic, leader.Partition);
        if (_tasks.TryAdd(task.Id, task))
        {
            Created.Add(task);
        }
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
        var leader = _partitions.LeaderOf(task);
        var fresh = factory.Create(leader.Topic, leader.Partition);
        Drop(task);
        fresh.FirstOffsets.TakeOver(task.FirstOffsets);
        if (wipe)
        {
            factory.Wipe(task.Id);
        }

        _tasks[fresh.Id] = fresh;
        Created.Add(fresh);
    }

    public void Remove(TaskId id)
    {
        if (_tasks.Remove(id, out var task))
        {
            Drop(task);
        }
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
