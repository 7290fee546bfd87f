using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Looks at topics and group while the application runs: after each rebalance, because that is when either may have changed,
/// and now and then, because not every change makes the group balance anew.
/// </summary>
internal sealed class ClusterWatch : IClusterWatch, IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LearnLimit = TimeSpan.FromSeconds(60);

    private readonly ThreadServices _services;
    private readonly TopicWatch _topics;
    private readonly Strangers _strangers;
    private readonly OrphanedPartitions _orphans;
    private readonly UnreadPartitions _unread;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly IKafkaAdmin _admin;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _rebalances;
    private long _joins;
    private long _seenRebalances;
    private bool _isTold;
    private volatile IReadOnlyList<string> _problems = [];

    /// <param name="services">What the threads share.</param>
    /// <param name="rejoin">Makes threads join anew: all, or one of them.</param>
    /// <param name="fail">Ends the application.</param>
    /// <param name="own">The tasks of this instance.</param>
    public ClusterWatch(
        ThreadServices services, Action<bool> rejoin, Action<Exception> fail, Func<IEnumerable<TaskId>> own)
    {
        _services = services;
        _topics = new TopicWatch(services, () => rejoin(true), fail);
        _strangers = new Strangers(services);
        _orphans = new OrphanedPartitions(services, () => rejoin(false));
        _unread = new UnreadPartitions(services, own);
        _admin = services.Clients.CreateAdmin($"{services.Options.ApplicationId}-watch");
    }

    /// <summary>What came of a look.</summary>
    private enum Look
    {
        /// <summary>All is as it should be, or nobody waits for it.</summary>
        Complete,

        /// <summary>Some partitions are nobody's, or a rebalance is under way.</summary>
        Incomplete,

        NoAnswer,
    }

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Partitions of other instances that do not come forward.</summary>
    public IReadOnlyList<UnreadPartition> Unread => _unread.Unread;

    /// <summary>Begins to look; ends when this is disposed of.</summary>
    public void Start() => _ = RunAsync(_stopping.Token);

    public long Rebalanced() => Tell(ref _rebalances);

    public void StaticMemberJoins() => Tell(ref _joins);

    public bool MayStart(long rebalance, out string? heldBackBy)
    {
        heldBackBy = _strangers.OtherLayout;
        return heldBackBy is null && Volatile.Read(ref _seenRebalances) >= rebalance;
    }

    /// <inheritdoc/>
    /// <remarks>A rebalance is answered on the thread that it comes to, so that one waits.</remarks>
    public bool Learn(IReadOnlyList<TopicPartition> leaders) => LearnAsync(leaders, _stopping.Token).GetAwaiter().GetResult();

    public void Dispose() => _ = _stopping.CancelAsync();

    private async Task RunAsync(CancellationToken stopping)
    {
        var (seen, joined, complete) = (0L, 0L, 0L);
        try
        {
            await UntilDueAsync(isComplete: true, stopping).ConfigureAwait(false);
            while (true)
            {
                var (rebalances, joins) = Take();
                if (joins != joined && rebalances == seen)
                {
                    // A member that has only begun to join is not in its group yet.
                    joined = joins;
                    await UntilDueAsync(isComplete: false, stopping).ConfigureAwait(false);
                    continue;
                }

                var look = await LookAsync(rebalances, rebalances != seen, joins != complete, stopping).ConfigureAwait(false);
                if (look == Look.NoAnswer)
                {
                    await Task.Delay(Pause, _services.Time, stopping).ConfigureAwait(false);
                    continue;
                }

                seen = rebalances;
                complete = look == Look.Complete ? joins : complete;
                await UntilDueAsync(complete == joins, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The application ends.
        }
        finally
        {
            Close();
        }
    }

    private void Close()
    {
        _problems = [];
        _admin.Dispose();
        _unread.Dispose();
        _topics.Dispose();
    }

    private async Task<Look> LookAsync(
        long rebalances, bool hasRebalanced, bool asksForOrphans, CancellationToken stopping)
    {
        var look = Look.Complete;
        try
        {
            await _topics.LookIfDueAsync(_admin, hasRebalanced, stopping).ConfigureAwait(false);
            if (_services.Topics.LeaderTopics.Count > 0)
            {
                var group = await _admin.DescribeGroupAsync(_services.Options.ApplicationId, stopping).ConfigureAwait(false);
                _strangers.See(group);
                look = !asksForOrphans || _orphans.See(group) ? Look.Complete : Look.Incomplete;
                _unread.See(group);
            }

            _isTold = false;
        }
#pragma warning disable CA1031 // Whatever it is, it must not end unseen, nor the application by it.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            if (!_isTold)
            {
                RuntimeLog.ClusterNotSeen(_services.Logger, exception, _services.Options.ApplicationId);
                _isTold = true;
            }

            if (exception is KafkaClientException { Kind: KafkaErrorKind.Retriable })
            {
                return Look.NoAnswer;
            }

            // Whoever may not look, for want of a right, does without: nothing waits for it.
        }

        TellProblems();
        Volatile.Write(ref _seenRebalances, rebalances);
        return look;
    }

    private void TellProblems()
    {
        var before = _problems;
        _problems = [.. _topics.Problems, .. _strangers.Problems];
        foreach (var problem in _problems.Except(before, StringComparer.Ordinal))
        {
            RuntimeLog.ProblemSeen(_services.Logger, _services.Options.ApplicationId, problem);
        }

        foreach (var problem in before.Except(_problems, StringComparer.Ordinal))
        {
            RuntimeLog.ProblemGone(_services.Logger, _services.Options.ApplicationId, problem);
        }
    }

    private async Task<bool> LearnAsync(IReadOnlyList<TopicPartition> leaders, CancellationToken stopping)
    {
        var start = _services.Time.GetTimestamp();
        while (true)
        {
            KafkaClientException? failure = null;
            try
            {
                await _topics.LookAsync(_admin, withConfigs: true, stopping).ConfigureAwait(false);
            }
            catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Retriable)
            {
                failure = exception;
            }
            catch (OperationCanceledException)
            {
                return false;
            }

            if (_topics.HasFailed || leaders.All(_services.Topics.Has))
            {
                return !_topics.HasFailed;
            }

            if (_services.Time.GetElapsedTime(start) > LearnLimit)
            {
                var unknown = leaders.Where(l => !_services.Topics.Has(l));
                throw new StreamsException(
                    $"The group has given {string.Join(", ", unknown)}, but no broker has told of these partitions for "
                    + $"{(long)LearnLimit.TotalSeconds} s.",
                    failure);
            }

            await Task.Delay(Pause, _services.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private long Tell(ref long count)
    {
        lock (_gate)
        {
            count++;
            _changed.TrySetResult();
            return count;
        }
    }

    private (long Rebalances, long Joins) Take()
    {
        lock (_gate)
        {
            if (_changed.Task.IsCompleted)
            {
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return (_rebalances, _joins);
        }
    }

    private async Task UntilDueAsync(bool isComplete, CancellationToken stopping)
    {
        Task changed;
        lock (_gate)
        {
            changed = _changed.Task;
        }

        var pace = isComplete ? _unread.Pace : OrphanedPartitions.Interval;
        var interval = pace < _services.Options.ClusterCheckInterval ? pace : _services.Options.ClusterCheckInterval;
        await changed.WaitAsync(interval, _services.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.ThrowIfCancellationRequested();
    }
}
