using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow.Testing.Driver;

/// <summary>
/// One life of the application, from its start to its end: what a stream thread is made of (its clients, task manager,
/// restorer and committer), worked step by step on the caller's thread.
/// </summary>
internal sealed class DriverLife : IDisposable
{
    private const string ThreadName = "driver";

    /// <summary>Steps without anything new after which what is left waits for the clock.</summary>
    private const int IdleSteps = 3;

    private static readonly TimeSpan RestoreWait = TimeSpan.FromMilliseconds(1);
    private readonly bool _commitsByInterval;
    private readonly TurnLimits _limits;
    private readonly IKafkaConsumer _consumer;
    private readonly CommitProtocol _protocol;
    private readonly Restorer _restorer;
    private readonly Committer _committer;
    private readonly TaskManager _tasks;
    private readonly Turns _turns;
    private readonly GlobalCopy _globals;
    private readonly ILogger _logger;
    private bool _isOver;

    /// <param name="services">What threads share.</param>
    /// <param name="commitsByInterval">Whether it commits when that is due, and not after each record.</param>
    public DriverLife(ThreadServices services, bool commitsByInterval)
    {
        _commitsByInterval = commitsByInterval;
        _logger = services.Logger;
        _limits = new TurnLimits(services.Options);
        var clients = new ThreadClients(services, ThreadName, index: 1);
        _globals = new GlobalCopy(services);
        _consumer = services.Clients.CreateConsumer(clients.DescribeConsumer(services.Topics));
        _protocol = clients.CreateProtocol(_consumer);
        _restorer = clients.CreateRestorer();
        var budget = new CacheBudget(services.CacheBytesPerThread, services.Options.MaxUncommittedBytes);
        var factory = new StreamTaskFactory(services, _protocol, budget);
        _committer = new Committer(services, ThreadName, _protocol, new FlushLimit(budget, services.Time, target: null));
        _tasks = new TaskManager(services, ThreadName, factory, _consumer, _restorer, _committer);
        _turns = new Turns(_limits, services.Time, budget, new ThreadSignals());
        ThreadClients.Join(_consumer, services.Topics, _tasks);
    }

    /// <summary>What counts and has stores: the tasks, and the global tables.</summary>
    public IEnumerable<(Planning.SubTopology SubTopology, TaskContext Context)> Parts =>
        _tasks.All.Select(task => (task.SubTopology, task.Context))
            .Concat(_globals.Tasks.Select(task => (task.SubTopology, task.Context)));

    /// <summary>The contexts of the tasks.</summary>
    public IEnumerable<TaskContext> Tasks => _tasks.All.Select(task => task.Context);

    /// <summary>Time until a commit is due that has something to commit; null when there is none.</summary>
    public TimeSpan? UntilCommit =>
        _committer.HasOpenTransaction || _tasks.Running.Any(task => task.CommitNeeded)
            ? _limits.CommitAfter - _committer.SinceLastCommit
            : null;

    /// <summary>Opens what there is, and restores it.</summary>
    public void Start()
    {
        if (_globals.Tasks.Count > 0)
        {
            _globals.Open();
            _globals.Show();
            TakeGlobals();
        }

        Settle();
    }

    /// <summary>Does what the wall clock asks for.</summary>
    public void BeginWork()
    {
        TakeGlobals();
        Settle();
        Poll(TimeSpan.Zero);
        Settle();
        if (!_committer.IsOpen)
        {
            return;
        }

        foreach (var task in _tasks.Running)
        {
            task.RunDue();
        }

        CommitIfDue();
    }

    /// <summary>
    /// Goes round the tasks, one record each. What stream time asks for follows each record, and a commit that is due, so records
    /// sent to repartition topics come back in.
    /// </summary>
    /// <returns>Whether there was any record.</returns>
    public bool Round()
    {
        Settle();
        var any = false;
        for (var i = 0; i < _tasks.Running.Count && _committer.IsOpen; i++)
        {
            if (_tasks.Running[i].Process(1) > 0)
            {
                any = true;
                _tasks.Running[i].RunDue();
                CommitIfDue();
                TakeGlobals();
            }
        }

        return any;
    }

    /// <summary>Commits what there is.</summary>
    public void Commit()
    {
        _committer.Poll();
        _tasks.CommitIfOpen();
        TakeGlobals();
    }

    /// <summary>Takes back what failed, as a stream thread does.</summary>
    /// <returns>False when the failure ends the thread.</returns>
    public bool Recover(StreamsException failure)
    {
        var recovered = _tasks.Recover(failure);
        if (failure is TaskCorruptedException corrupted)
        {
            _tasks.Rebuild(corrupted.TaskId);
            return true;
        }

        return recovered;
    }

    /// <summary>Ends in order: what was not committed is aborted, and the group is left.</summary>
    public void Dispose() => End(() =>
    {
        _tasks.CloseAll(isKilled: false);
        _consumer.Close();
    });

    /// <summary>Ends as a process that is killed: nothing is sent any more, what is open at the broker stays open.</summary>
    public void Kill() => End(() =>
    {
        _protocol.Dispose();
        _tasks.CloseAll(isKilled: true);
    });

    private void End(Action tasks)
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        try
        {
            tasks();
        }
        finally
        {
            _globals.Dispose();
            _restorer.Dispose();
            _consumer.Dispose();
            _protocol.Dispose();
        }
    }

    /// <summary>Brings all tasks to where they run: assigned, opened, restored. What has to wait for the clock is left as it is.</summary>
    private void Settle()
    {
        for (var idle = 0; idle < IdleSteps && !(_tasks.IsSettled && _committer.IsOpen);)
        {
            var before = (_tasks.HasJoined, _tasks.All.Count, _tasks.Running.Count);
            if (_tasks.TryOpen())
            {
                _tasks.Advance();
            }

            var restores = _tasks.All.Any(task => task.State == TaskState.Restoring);
            Poll(restores ? RestoreWait : TimeSpan.Zero);
            idle = restores || before != (_tasks.HasJoined, _tasks.All.Count, _tasks.Running.Count) ? 0 : idle + 1;
        }
    }

    /// <summary>Hears of the group, and of positions that have left the log; what the client mends itself is left to it.</summary>
    private void Poll(TimeSpan timeout)
    {
        try
        {
            _consumer.Poll(timeout);
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Retriable or KafkaErrorKind.Migrated)
        {
            RuntimeLog.PollFailed(_logger, exception, ThreadName);
        }
        catch (KafkaClientException exception)
            when (exception.Kind == KafkaErrorKind.OffsetOutOfRange && exception.Partition is { } partition)
        {
            _tasks.ResetPosition(partition, exception);
        }
    }

    private void CommitIfDue()
    {
        if (!_commitsByInterval || _turns.IsCommitDue(_tasks.Running, _committer.SinceLastCommit))
        {
            _committer.Poll();
            _tasks.CommitIfOpen();
        }
    }

    /// <summary>Global tables are current before the next record looks rows up, also those that the topology itself writes to.</summary>
    private void TakeGlobals()
    {
        while (_globals.Tasks.Count > 0 && _globals.Turn(TimeSpan.Zero) > 0)
        {
        }
    }
}
