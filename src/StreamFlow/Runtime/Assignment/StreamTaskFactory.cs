using StreamFlow.Measuring;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Makes the tasks of one thread and opens their stores.</summary>
internal sealed class StreamTaskFactory
{
    private readonly ThreadServices _services;
    private readonly CommitProtocol _protocol;
    private readonly CacheBudget _budget;
    private readonly TaskFolders _folders;
    private readonly WorkAtHand _work;
    private readonly EventTimePaces _paces;
    private readonly ThreadCounts _counts;
    private readonly LatestReads? _reads;

    /// <param name="services">What the threads share.</param>
    /// <param name="protocol">How the thread commits.</param>
    /// <param name="budget">The thread's share of the record cache.</param>
    /// <param name="work">Where the thread shows what it is at; null: nobody looks.</param>
    /// <param name="counts">Counts of the thread; null: nobody looks.</param>
    /// <param name="reads">What reads stores on the thread for others; null: nothing does.</param>
    public StreamTaskFactory(
        ThreadServices services, CommitProtocol protocol, CacheBudget budget, WorkAtHand? work = null, ThreadCounts? counts = null,
        LatestReads? reads = null)
    {
        _counts = counts ?? new ThreadCounts(services.Meter.Tag, string.Empty, services.Time);
        _counts.Cache = () => (budget.DirtyBytes, budget.CleanBytes, budget.MaxCacheBytes);
        _reads = reads;
        _work = work ?? new WorkAtHand(services.Time, services.Options.RecordSampling);
        _services = services;
        _protocol = protocol;
        _budget = budget;
        _folders = new TaskFolders(services);
        _paces = new EventTimePaces(services.Time, services.Options.MaxEventTimeSkew);
    }

    public StreamTask Create(string leaderTopic, int partition)
    {
        var topics = _services.Topics;
        var subTopology = topics.SubTopologyOf(leaderTopic);
        return Create(subTopology, partition, topics.InputsOf(subTopology, partition));
    }

    /// <summary>Makes a task anew: it reads the partitions that the consumer reads for it.</summary>
    public StreamTask CreateAgain(StreamTask task) => Create(task.SubTopology, task.Id.Partition, task.Inputs);

    /// <summary>Opens the stores of a task, claiming its folder when any of them is persistent.</summary>
    /// <returns>False while another thread of this process still holds the folder.</returns>
    /// <exception cref="StateStoreException">The folder cannot be used, or what is in it is something else than its stores.</exception>
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
            if (directory is not null)
            {
                _folders.Claim(task, directory);
            }

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
            _counts.TasksClosed++;
            if (opened && task.SubTopology.Stores.Any(s => s.IsPersistent))
            {
                _services.StateDirectory?.Release(task.Id);
            }
        }
    }

    public void Wipe(TaskId taskId) => _services.StateDirectory?.Wipe(taskId);

    private StreamTask Create(
        SubTopology subTopology, int partition, IReadOnlyList<(SourceTopic Topic, TopicPartition Partition)> inputs)
    {
        var taskId = new TaskId(subTopology.Id, partition);
        var context = new TaskContext
        {
            TaskId = taskId,
            ApplicationId = _services.Options.ApplicationId,
            Time = _services.Time,
            Logger = _services.Logger,
            Collector = new RecordCollector(_protocol.Producer, _protocol.Sent, _protocol.BeforeSend, _protocol.Refused),
            Errors = _services.Errors,
            Metrics = new TaskMetrics(_services.Meter, taskId, _services.Time, _services.Logger),
            Budget = _budget,
            Work = _work,
            Views = _services.Views,
            GlobalStores = _services.GlobalStores,
            IsTransactional = _services.Options.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce,
        };
        _counts.TasksCreated++;
        return new StreamTask(
            subTopology, context, _services.Options.MaxTaskIdle, _services.SlowRecords, _paces.Of(subTopology))
        {
            Inputs = inputs,
            Reads = _reads,
        };
    }
}
