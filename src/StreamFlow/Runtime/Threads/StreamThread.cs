using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>One dedicated thread with its own consumer, producer and tasks: poll, process, commit, in a synchronous loop.</summary>
internal sealed class StreamThread
{
    private static readonly TimeSpan LastCommitLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastCommitRetry = TimeSpan.FromMilliseconds(20);
    private const int MaxFencings = 5;
    private static readonly TimeSpan FencingPause = TimeSpan.FromMinutes(1);
    private readonly ThreadServices _services;
    private readonly Action<StreamThread> _changed;
    private readonly Action<StreamThread, Exception?> _ended;
    private readonly Thread _thread;
    private readonly ThreadSignals _signals = new();
    private readonly LatestReads _reads = new();
    private readonly InsideWaits _inside;
    private readonly WorkAtHand _work;
    private readonly ThreadCounts _counts;
    private Restorer? _restorer;
    private long _maxPollInterval = TimeSpan.MaxValue.Ticks;
    private int _fencings;
    private long _lastFencing;
    private volatile ThreadStatus _status;
    private readonly RebalanceLog _rebalances;
    private volatile IReadOnlyList<RunningTask> _running = [];

    /// <param name="services">What the threads share.</param>
    /// <param name="index">Number of the thread, from 1.</param>
    /// <param name="inside">Learns that what runs on the thread is inside the application.</param>
    /// <param name="changed">Called on the thread when its status changes.</param>
    /// <param name="ended">Called on the thread as the last thing it does, with the error that ended it.</param>
    public StreamThread(
        ThreadServices services, int index, InsideWaits inside, Action<StreamThread> changed,
        Action<StreamThread, Exception?> ended)
    {
        (_services, _inside, _changed, _ended) = (services, inside, changed, ended);
        _work = new WorkAtHand(services.Time, services.Options.RecordSampling);
        Steps = new StepWatch(_work, services.Time);
        var clientId = services.Options.ClientId is { Length: > 0 } given ? given : services.Options.ApplicationId;
        (Index, Name) = (index, $"{clientId}-StreamThread-{index}");
        _counts = new ThreadCounts(services.Meter.Tag, Name, services.Time) { Phases = _work.Totals };
        _rebalances = new RebalanceLog(services.Time);
        _status = new ThreadStatus(Name, IsSettled: false, HasJoined: false, RestoreRemaining: 0, []);
        _thread = new Thread(Run) { Name = Name, IsBackground = true };
    }

    public string Name { get; }

    public int Index { get; }

    /// <summary>Since when it has been at what it is at.</summary>
    public StepWatch Steps { get; }

    public ThreadStatus Status => _status with
    {
        RestoreRemaining = _restorer?.Remaining ?? 0,
        Tasks = ThreadProgress.Of(_status.Tasks, _running, _services.Time),
        Rebalances = _rebalances.All,
        Stalled = ThreadProgress.StallOf(
            Steps, _services.Options.ProgressTimeout, TimeSpan.FromTicks(Volatile.Read(ref _maxPollInterval))),
        HangingTransaction = ThreadProgress.HangingOf(_counts.TransactionAge, _services.Options.TransactionTimeout),
    };

    public bool IsSettled => _status.IsSettled;

    /// <summary>Changelog records applied since this was last asked.</summary>
    public long TakeRestored() => _restorer?.TakeRestored() ?? 0;

    public void Start() => _thread.Start();

    /// <summary>Asks the thread to commit and end; does not wait.</summary>
    public void Stop() => _signals.Stop();

    /// <summary>Asks the thread to commit, to leave its group and to join it anew, which makes the group balance anew.</summary>
    public void Rejoin() => _signals.Rejoin();

    private void Run()
    {
        _inside.Enter(_work);
        _services.Meter.Threads.All.Add(_counts);
        Exception? error = null;
        try
        {
            while (!TryRun())
            {
            }
        }
        catch (Exception exception)
        {
            // The one place where a thread's failure is caught: the application decides what becomes of it.
            error = exception;
        }

        _services.Meter.Threads.All.Remove(_counts);
        _reads.Close();
        _work.Begin(WorkKind.FailureHandler);
        _ended(this, error);
    }

    /// <summary>
    /// Runs until the thread is stopped or fails. When the group takes its consumer for two members, it begins anew with
    /// another one: most times the other member was the thread itself, which had joined again because an answer was late.
    /// Two processes with one identity push each other out for ever; then one of them has to give up.
    /// </summary>
    /// <returns>False when it is to run again.</returns>
    private bool TryRun()
    {
        try
        {
            RunWithClients();
            var again = _signals.Rejoins && !_signals.Stops;
            _signals.HasLeft();
            return !again;
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.InstanceFenced)
        {
            var now = _services.Time.GetTimestamp();
            _fencings = _services.Time.GetElapsedTime(_lastFencing, now) < FencingPause ? _fencings + 1 : 1;
            _lastFencing = now;
            if (_fencings > MaxFencings)
            {
                throw;
            }

            RuntimeLog.InstanceFenced(_services.Logger, Name, exception.Message);
            return _signals.Stops;
        }
    }

    private void RunWithClients()
    {
        var options = _services.Options;
        var topics = _services.Topics;
        var clients = new ThreadClients(_services, Name, Index);
        var role = clients.DescribeConsumer(topics);
        using var consumer = _services.Clients.CreateConsumer(role);
        Volatile.Write(ref _maxPollInterval, consumer.MaxPollInterval.Ticks);
        var gap = new PollGap(Name, consumer.MaxPollInterval, _services.SlowRecords, _services.Logger, _services.Time);
        using var protocol = clients.CreateProtocol(consumer, _counts);
        using var restorer = clients.CreateRestorer();
        using var purger = new RecordPurger(_services, $"{Name}-admin");
        var budget = new CacheBudget(_services.CacheBytesPerThread, options.MaxUncommittedBytes);
        var turns = new Turns(new TurnLimits(options), _services.Time, budget, _signals, _work, gap);
        var factory = new StreamTaskFactory(_services, protocol, budget, _work, _counts, _reads);
        var flushes = new FlushLimit(budget, _services.Time, TurnLimits.FlushAtMost(options));
        var committer = new Committer(_services, Name, protocol, flushes, _counts);
        var tasks = new TaskManager(_services, Name, factory, consumer, restorer, committer);
        _restorer = restorer;
        var hasFailed = true;
        try
        {
            if (role.GroupInstanceId is not null)
            {
                _services.Watch.StaticMemberJoins();
            }

            ThreadClients.Join(consumer, topics, new CountedRebalances(tasks, _counts, _rebalances));
            Loop(consumer, tasks, committer, purger, turns, gap);
            CommitForTheLastTime(consumer, tasks, committer, gap);
            hasFailed = false;
        }
        finally
        {
            _work.Begin(WorkKind.Tasks);
            Close(() => tasks.CloseAll(isKilled: false), hasFailed);
            Close(() => consumer.Close(leavesAlways: _signals.Rejoins), hasFailed);
            _restorer = null;
        }
    }

    /// <summary>What goes wrong at the end must not hide what led to it.</summary>
    private void Close(Action close, bool hasFailed)
    {
        try
        {
            close();
        }
        catch (Exception exception) when (hasFailed)
        {
            RuntimeLog.CloseFailed(_services.Logger, exception, Name);
        }
    }

    private void Loop(
        IKafkaConsumer consumer, TaskManager tasks, Committer committer, RecordPurger purger, Turns turns, PollGap gap)
    {
        while (!_signals.Any)
        {
            var processed = 0;
            try
            {
                _work.Begin(WorkKind.Tasks);
                if (tasks.TryOpen())
                {
                    tasks.Advance();
                    processed = turns.Take(tasks.Running, committer.SinceLastCommit);
                    _work.Begin(WorkKind.Commit);
                    committer.Poll();
                    if (turns.IsCommitDue(tasks.Running, committer.SinceLastCommit) && committer.Commit(tasks.Running))
                    {
                        gap.Committed(committer);
                        purger.PurgeIfDue(committer.CommittedOffsets, tasks.Running);
                    }
                }
            }
            catch (TaskCorruptedException corrupted)
            {
                RuntimeLog.TaskCorrupted(_services.Logger, corrupted, corrupted.TaskId);
                tasks.Recover(corrupted);
                tasks.Rebuild(corrupted.TaskId);
            }
            catch (StreamsException exception)
            {
                if (!tasks.Recover(exception))
                {
                    throw;
                }
            }

            Report(tasks);
            Poll(consumer, tasks, gap, processed > 0 ? TimeSpan.Zero : turns.Wait(tasks.Running, committer.SinceLastCommit));
        }
    }

    /// <summary>
    /// A group in the middle of a rebalance refuses commits. Giving up then would have the next owner process again what
    /// is in the state already, so the rebalance is seen through. With transactions there is nothing to see through: what
    /// is not committed is aborted.
    /// </summary>
    private void CommitForTheLastTime(IKafkaConsumer consumer, TaskManager tasks, Committer committer, PollGap gap)
    {
        var began = _services.Time.GetTimestamp();
        _work.Begin(WorkKind.Commit);
        try
        {
            tasks.CommitIfOpen();
            while (committer.IsPostponed && _services.Time.GetElapsedTime(began) < LastCommitLimit)
            {
                Poll(consumer, tasks, gap, LastCommitRetry);
                tasks.CommitIfOpen();
            }
        }
        catch (StreamsException exception)
        {
            if (!tasks.Recover(exception))
            {
                throw;
            }
        }
    }

    /// <summary>
    /// What the client mends itself (a broker away, a rebalance it joins again) is logged; a position that has left the log
    /// is reset; everything else ends the thread.
    /// </summary>
    private void Poll(IKafkaConsumer consumer, TaskManager tasks, PollGap gap, TimeSpan timeout)
    {
        _reads.Answer();
        gap.Ends();
        _work.Begin(WorkKind.Poll);
        try
        {
            consumer.Poll(timeout);
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Retriable or KafkaErrorKind.Migrated)
        {
            RuntimeLog.PollFailed(_services.Logger, exception, Name);
        }
        catch (KafkaClientException exception)
            when (exception.Kind == KafkaErrorKind.OffsetOutOfRange && exception.Partition is { } partition)
        {
            tasks.ResetPosition(partition, exception);
        }
        finally
        {
            gap.Begins();
        }
    }

    private void Report(TaskManager tasks)
    {
        _rebalances.Report(tasks.IsSettled);
        var known = _status;
        if (known.IsSettled == tasks.IsSettled && known.HasJoined == tasks.HasJoined && known.Tasks.Count == tasks.All.Count
            && known.Tasks.Zip(tasks.All, _running).All(p => p.First.State == p.Second.State && p.Third.Record == p.Second.Context.Record))
        {
            return;
        }

        _running = [.. tasks.All.Select(t => new RunningTask(t.Context.Record, t.Context.Metrics.Sources))];
        _status = new ThreadStatus(
            Name, tasks.IsSettled, tasks.HasJoined, 0, [.. tasks.All.Select(t => new StreamTaskStatus(t.Id, t.State))]);
        _changed(this);
    }
}
