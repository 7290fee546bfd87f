using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Makes the tasks of one thread and opens their stores.</summary>
internal sealed class StreamTaskFactory
{
    private readonly ThreadServices _services;
    private readonly CommitProtocol _protocol;
    private readonly CacheBudget _budget;
    private readonly EventTimePaces _ownPaces;

    public StreamTaskFactory(ThreadServices services, CommitProtocol protocol, CacheBudget budget)
    {
        _services = services;
        _protocol = protocol;
        _budget = budget;
        _ownPaces = services.Paces.OfThread();
    }

    public StreamTask Create(string leaderTopic, int partition)
    {
        var subTopology = _services.Topics.SubTopologyOf(leaderTopic);
        var taskId = new TaskId(subTopology.Id, partition);
        var context = new TaskContext
        {
            TaskId = taskId,
            ApplicationId = _services.Options.ApplicationId,
            Time = _services.Time,
            Logger = _services.Logger,
            Collector = new RecordCollector(_protocol.Producer, _protocol.Sent, _protocol.BeforeSend, _protocol.Refused),
            Errors = _services.Errors,
            Metrics = new TaskMetrics(_services.Options.ApplicationId, taskId),
            Budget = _budget,
            Views = _services.Views,
        };
        var paces = _services.Topics.FeedsAnother(subTopology) ? _services.Paces : _ownPaces;
        return new StreamTask(subTopology, context, _services.Options.MaxTaskIdle, new TaskPace(paces.Of(subTopology), _ownPaces));
    }

    /// <summary>Opens the stores of a task, claiming its folder when any of them is persistent.</summary>
    /// <returns>False while another thread of this process still holds the folder.</returns>
    public bool TryOpenStores(StreamTask task)
    {
        var directory = task.SubTopology.Stores.Any(s => s.IsPersistent) && _services.StoreBackend is not null
            ? _services.StateDirectory
            : null;
        string? path = null;
        if (directory is not null && (path = directory.TryTake(task.Id)) is null)
        {
            return false;
        }

        try
        {
            task.OpenStores((persistent, names) => persistent && path is not null
                ? _services.StoreBackend!.Open(task.Id, path, names)
                : new InMemoryBackend(names));
            return true;
        }
        catch
        {
            directory?.Release(task.Id);
            throw;
        }
    }

    /// <summary>Closes a task and frees its folder.</summary>
    public void Close(StreamTask task)
    {
        var opened = task.HasOpenStores;
        try
        {
            task.Close();
        }
        finally
        {
            if (opened && task.SubTopology.Stores.Any(s => s.IsPersistent))
            {
                _services.StateDirectory?.Release(task.Id);
            }
        }
    }

    public void Wipe(TaskId taskId) => _services.StateDirectory?.Wipe(taskId);
}
