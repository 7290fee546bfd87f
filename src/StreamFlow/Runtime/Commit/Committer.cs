using StreamFlow.Clients;
using StreamFlow.Measuring;

namespace StreamFlow.Runtime;

/// <summary>
/// Commits the tasks of one thread together: (1) caches are flushed in topological order, dirty entries going to the
/// changelogs and downstream; (2) everything produced is acknowledged; (3) the protocol makes positions and results final
/// and one batch per task, with the changelog offsets, local state. A crash between any two steps leaves state and
/// positions at an earlier commit, from which the inputs are read again.
/// </summary>
internal sealed class Committer
{
    /// <summary>
    /// Offsets of partitions that the group does not know as subscribed expire on the broker after
    /// <c>offsets.retention.minutes</c> (7 days) since their last commit, even while they are read; so idle ones are
    /// committed again.
    /// </summary>
    private static readonly TimeSpan RecommitInterval = TimeSpan.FromHours(12);

    private readonly ThreadServices _services;
    private readonly string _threadName;
    private readonly CommitProtocol _protocol;
    private readonly FlushLimit _flushes;
    private readonly ThreadCounts _counts;
    private readonly List<PartitionOffset> _offsets = [];
    private long _lastCommit;
    private long _lastRecommit;
    private long? _failingSince;
    private long _lastFailure;

    /// <param name="services">What the threads share.</param>
    /// <param name="threadName">Name of the thread, for messages.</param>
    /// <param name="protocol">Makes work final.</param>
    /// <param name="flushes">Learns how long flushes take.</param>
    /// <param name="counts">Counts of the thread; null: nobody looks.</param>
    public Committer(
        ThreadServices services, string threadName, CommitProtocol protocol, FlushLimit flushes, ThreadCounts? counts = null)
    {
        _counts = counts ?? new ThreadCounts(services.Meter.Tag, threadName, services.Time);
        _services = services;
        _threadName = threadName;
        _protocol = protocol;
        _flushes = flushes;
        _lastCommit = _lastRecommit = services.Time.GetTimestamp();
    }

    /// <summary>The positions of the last commit; for purging repartition topics.</summary>
    public IReadOnlyList<PartitionOffset> CommittedOffsets => _offsets;

    /// <summary>Whether the last commit was refused for the moment: state is ahead of the committed positions.</summary>
    public bool IsPostponed { get; private set; }

    public TimeSpan SinceLastCommit => _services.Time.GetElapsedTime(_lastCommit);

    public bool IsOpen => _protocol.IsOpen;

    public bool HasOpenTransaction => _protocol.HasOpenTransaction;

    /// <summary>Makes ready to process.</summary>
    /// <returns>False when it has to be tried again.</returns>
    /// <exception cref="StreamsException">It was tried for longer than <see cref="StreamFlowOptions.TaskTimeout"/>.</exception>
    public bool TryOpen()
    {
        if (_protocol.TryOpen() is not { } reason)
        {
            return true;
        }

        ThrowIfFailingTooLong(reason);
        return false;
    }

    /// <summary>Serves delivery reports; throws when one says that the thread must stop.</summary>
    public void Poll() => _protocol.Poll();

    /// <summary>Commits if there is anything to commit.</summary>
    /// <returns>Whether there was.</returns>
    public bool Commit(IReadOnlyList<StreamTask> tasks)
    {
        IsPostponed = false;
        _lastCommit = _services.Time.GetTimestamp();
        var recommit = _services.Time.GetElapsedTime(_lastRecommit) >= RecommitInterval;
        if (!recommit && !HasOpenTransaction && !AnyNeeded(tasks))
        {
            return false;
        }

        _flushes.Flush(tasks);
        _protocol.AwaitDelivery();
        _offsets.Clear();
        foreach (var task in tasks)
        {
            task.CollectOffsets(_offsets);
        }

        var began = _lastCommit;
        Complete(tasks);
        _lastCommit = _services.Time.GetTimestamp();
        if (!IsPostponed)
        {
            _counts.Committed(_lastCommit);
            _services.Meter.Threads.Committed(_counts, _services.Time.GetElapsedTime(began, _lastCommit));
        }

        return true;
    }

    /// <summary>Takes back what is uncommitted on the broker, if the failure is one that this mends.</summary>
    /// <returns>What the tasks have to do; <see cref="Recovery.None"/> when the failure ends the thread.</returns>
    /// <exception cref="StreamsException">It fails for longer than <see cref="StreamFlowOptions.TaskTimeout"/>.</exception>
    public Recovery Abandon(Exception reason)
    {
        var recovery = _protocol.Abandon(reason);
        if (recovery != Recovery.None)
        {
            RuntimeLog.WorkAbandoned(_services.Logger, reason, _threadName, recovery);
            _services.Meter.Threads.Aborted(_services.Meter.Tag);
            ThrowIfFailingTooLong(reason);
        }

        return recovery;
    }

    /// <summary>The thread ends: what is open is aborted.</summary>
    public void Close() => _protocol.Close();

    private static bool AnyNeeded(IReadOnlyList<StreamTask> tasks)
    {
        foreach (var task in tasks)
        {
            if (task.CommitNeeded)
            {
                return true;
            }
        }

        return false;
    }

    private void Complete(IReadOnlyList<StreamTask> tasks)
    {
        var outcome = _protocol.Complete(tasks, _offsets);
        if (outcome.IsFinal)
        {
            foreach (var task in tasks)
            {
                task.MarkCommitted();
            }

            _failingSince = null;
            _lastRecommit = _services.Time.GetTimestamp();
        }
        else
        {
            _offsets.Clear();
            IsPostponed = true;
        }

        if (outcome.Failures.Count > 0)
        {
            throw new StateNotAppliedException(_threadName, outcome.Failures);
        }
    }

    private void ThrowIfFailingTooLong(Exception reason)
    {
        var now = _services.Time.GetTimestamp();
        var options = _services.Options;
        var pause = _services.Time.GetElapsedTime(_lastFailure, now);
        if (pause > TimeSpan.FromMinutes(1) + ((options.CommitInterval + options.TransactionTimeout) * 2))
        {
            // Not the same trouble any more: between the two there was nothing to commit.
            _failingSince = null;
        }

        _lastFailure = now;
        _failingSince ??= now;
        if (_services.Time.GetElapsedTime(_failingSince.Value, now) is var failing && failing >= options.TaskTimeout)
        {
            throw new StreamsException(
                $"{_threadName} has not been able to commit for {Durations.Text(failing)}, longer than "
                + $"TaskTimeout ({Durations.Text(options.TaskTimeout)}). "
                + $"The last failure: {reason.Message}",
                reason);
        }
    }
}
