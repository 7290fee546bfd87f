using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// The tasks of one stream thread: made when the group assigns their leader partitions, opened, restored, run, and
/// given up again. Called on the stream thread only; the rebalance callbacks come from the consumer's poll.
/// </summary>
internal sealed class TaskManager : IRebalanceListener
{
    private readonly ThreadServices _services;
    private readonly string _threadName;
    private readonly StreamTaskFactory _factory;
    private readonly IKafkaConsumer _consumer;
    private readonly Restorer _restorer;
    private readonly Committer _committer;
    private readonly StartOffsets _startOffsets;
    private readonly TaskPartitions _partitions;
    private readonly TaskSet _tasks;
    private readonly StoreRetries _storeRetries;
    private readonly TaskAdmission _admission;
    private Exception? _callbackFailure;

    public TaskManager(
        ThreadServices services,
        string threadName,
        StreamTaskFactory factory,
        IKafkaConsumer consumer,
        Restorer restorer,
        Committer committer)
    {
        _services = services;
        _threadName = threadName;
        _factory = factory;
        _consumer = consumer;
        _restorer = restorer;
        _committer = committer;
        _admission = new TaskAdmission(services, threadName);
        _startOffsets = new StartOffsets(services, consumer, threadName);
        _partitions = new TaskPartitions(services);
        _tasks = new TaskSet(services, threadName, factory, restorer);
        _storeRetries = new StoreRetries(services, threadName);
    }

    /// <summary>Whether the group has answered at least once and all tasks it gave are running.</summary>
    public bool IsSettled => HasJoined && _tasks.Running.Count == _tasks.All.Count;

    public bool HasJoined { get; private set; }

    public IReadOnlyList<StreamTask> Running => _tasks.Running;

    public IReadOnlyCollection<StreamTask> All => _tasks.All;

    public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
    {
        HasJoined = true;
        leaders = _admission.ThoseKnown(leaders);
        var rebalance = _services.Watch.Rebalanced();
        var inputs = leaders.SelectMany(leader => _tasks.Add(leader, rebalance)).ToList();
        RuntimeLog.Assigned(_services.Logger, _threadName, _partitions.Names(leaders));
        return _startOffsets.For(inputs);
    }

    public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
    {
        try
        {
            CommitIfOpen();
        }
        catch (Exception exception)
        {
            // Nothing may leave a rebalance callback, and the partitions go whatever happened here: what was not
            // committed is processed again by their new owner.
            RuntimeLog.CommitOnRevokeFailed(_services.Logger, exception, _threadName);
            RecoverInCallback(exception);
        }

        return GiveUp(leaders, "revoked");
    }

    public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders)
    {
        if (_committer.HasOpenTransaction)
        {
            RecoverInCallback(new TaskMigratedException($"{_threadName} has lost tasks {_partitions.Names(leaders)} to the group."));
        }

        return GiveUp(leaders, "lost");
    }

    /// <summary>Makes the thread ready to process; after a producer was lost its tasks are made anew over the next one.</summary>
    /// <returns>False when it has to be tried again.</returns>
    public bool TryOpen()
    {
        if (_committer.IsOpen || !_committer.TryOpen())
        {
            return _committer.IsOpen;
        }

        foreach (var task in _tasks.All.ToList())
        {
            _tasks.Remake(task, wipe: false);
        }

        return true;
    }

    public void CommitIfOpen()
    {
        if (_committer.IsOpen)
        {
            _committer.Commit(_tasks.Running);
        }
    }

    /// <summary>Gives up what is uncommitted, if that mends a failure; the tasks go back to their last commit.</summary>
    /// <returns>False when the failure stands.</returns>
    public bool Recover(Exception reason)
    {
        if (reason is StateNotAppliedException unapplied)
        {
            foreach (var failure in unapplied.Failures)
            {
                RemakeAfter(failure.Cause, failure.Task);
            }

            return true;
        }

        var recovery = _committer.Abandon(reason);
        if (recovery == Recovery.Rewind)
        {
            _tasks.Rewind();
        }
        else if (recovery == Recovery.None && reason is StateStoreException { IsTransient: true })
        {
            // Whose store it was is not known, and going on in the middle of a record is not possible.
            _tasks.Running.ToList().ForEach(task => RemakeAfter(reason, task));
            return true;
        }

        return recovery != Recovery.None;
    }

    /// <summary>Moves tasks on: opens stores, hands them to the restorer, runs those that are ready.</summary>
    public void Advance()
    {
        if (_callbackFailure is { } failure)
        {
            throw new StreamsException($"{_threadName} failed in a rebalance: {failure.Message}", failure);
        }

        var areKnown = _startOffsets.TryLook(_tasks.Created);
        for (var i = _tasks.Created.Count - 1; areKnown && i >= 0; i--)
        {
            var task = _tasks.Created[i];
            if (!_admission.MayStart(task) || !TryOpenStores(task) || !_startOffsets.TryLocate(task))
            {
                continue;
            }

            _tasks.Created.RemoveAt(i);
            if (task.State == TaskState.Restoring)
            {
                _restorer.Add(task);
            }
            else
            {
                _tasks.Complete.Add(task);
            }
        }

        while (_restorer.TryTakeFinished(out var result))
        {
            TakeBack(result);
        }

        for (var i = _tasks.Complete.Count - 1; i >= 0; i--)
        {
            Run(_tasks.Complete[i]);
            _tasks.Complete.RemoveAt(i);
        }
    }

    /// <summary>Closes a task and makes it anew over an empty folder, to be restored from the changelog.</summary>
    public void Rebuild(TaskId taskId)
    {
        if (_tasks.TryGet(taskId, out var task))
        {
            _tasks.Remake(task, wipe: true);
        }
    }

    /// <summary>Goes on where the offset policy says, because the position of a partition is not in the log any more.</summary>
    public void ResetPosition(TopicPartition partition, KafkaClientException reason)
    {
        var reset = _startOffsets.ResetOf(partition);
        RuntimeLog.PositionReset(
            _services.Logger, reason, _threadName, partition, StartOffsets.Text(reset.Offset));
        foreach (var task in _tasks.Running)
        {
            task.DropPrefetched(partition);
        }

        _consumer.Seek(reset);
    }

    /// <summary>Gives all tasks up; what is not committed is dropped, here and, unless it is as if the process was killed, on the broker.</summary>
    public void CloseAll(bool isKilled)
    {
        (isKilled ? null : _committer)?.Close();
        _tasks.Clear();
        _startOffsets.Close();
    }

    private bool TryOpenStores(StreamTask task)
    {
        try
        {
            return task.HasOpenStores || (!_storeRetries.MustWait(task.Id) && _factory.TryOpenStores(task));
        }
        catch (Exception exception) when (exception is StateStoreException { IsTransient: true } or IOException)
        {
            _storeRetries.Report(task.Id, exception);
            return false;
        }
    }

    private void Run(StreamTask task)
    {
        _storeRetries.End(task.Id);
        task.Run([.. task.Inputs.Select((input, i) => _startOffsets.Complete(
            task, input.Topic, new TaskInput(input.Topic.Name, _consumer.Reader(input.Partition), task.Committed[i])))]);
        _tasks.Run(task);
    }

    /// <summary>Its stores are not what they should be; the changelog has everything.</summary>
    private void RemakeAfter(Exception cause, StreamTask task)
    {
        _storeRetries.Report(task.Id, cause);
        _tasks.Remake(task, wipe: cause is TaskCorruptedException);
    }

    private void RecoverInCallback(Exception reason)
    {
        try
        {
            if (!Recover(reason) && (_committer.HasOpenTransaction || !IsHarmless(reason)))
            {
                _callbackFailure = reason;
            }
        }
        catch (Exception exception)
        {
            _callbackFailure = exception;
        }
    }

    /// <summary>
    /// Whether nothing is lost but a commit: the next one covers it, or the new owner reads again. A record that was not
    /// delivered is another matter: the tasks that stay would commit positions beyond it.
    /// </summary>
    private static bool IsHarmless(Exception reason) =>
        reason is TaskCorruptedException or KafkaClientException { Kind: not KafkaErrorKind.Refused };

    private void TakeBack(RestoreResult result)
    {
        switch (result.Error)
        {
            case null:
                _tasks.Complete.Add(result.Task);
                break;
            case TaskCorruptedException corrupted:
                RuntimeLog.TaskCorrupted(_services.Logger, corrupted, result.Task.Id);
                Rebuild(result.Task.Id);
                break;
            case StateStoreException { IsTransient: true } or IOException:
                RemakeAfter(result.Error, result.Task);
                break;
            default:
                throw new StreamsException(
                    $"Task {result.Task.Id} could not be restored: {result.Error.Message}", result.Error);
        }
    }

    private List<TopicPartition> GiveUp(IReadOnlyList<TopicPartition> leaders, string how)
    {
        var given = new List<TopicPartition>();
        foreach (var leader in leaders)
        {
            var id = _partitions.TaskOf(leader);
            _storeRetries.End(id);
            given.AddRange(_tasks.Remove(id));
        }

        RuntimeLog.Unassigned(_services.Logger, _threadName, _partitions.Names(leaders), how);
        return given;
    }
}
