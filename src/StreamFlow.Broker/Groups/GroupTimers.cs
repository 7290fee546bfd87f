namespace StreamFlow.Broker.Groups;

/// <summary>
/// One timer for the deadlines of all groups. An entry is queued only when its deadline moves forward; one that moved
/// back is found out when the stale entry comes up, so that a heartbeat costs nothing here. Its lock is the innermost:
/// nothing is called under it.
/// </summary>
internal sealed class GroupTimers : IDisposable
{
    private readonly OrderedLock _lock = new(LockRank.GroupTimers);
    private readonly PriorityQueue<CoordinatedGroup, long> _queue = new();
    private readonly ITimer _timer;
    private long _timerDue = GroupDeadline.Never;

    public GroupTimers(TimeProvider time, Action fired) =>
        _timer = time.CreateTimer(_ => fired(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Makes sure the group is ticked at its next deadline; its lock must be held.</summary>
    public void Arm(CoordinatedGroup group, ClockReading now)
    {
        long deadline = group.Machine.NextDeadline();
        using (_lock.Enter())
        {
            if (deadline < group.ArmedFor)
            {
                group.ArmedFor = deadline;
                _queue.Enqueue(group, deadline);
                SetTimer(now);
            }
        }
    }

    /// <summary>Takes the next group whose time has come; call until null, and <see cref="Arm"/> each again.</summary>
    public CoordinatedGroup? TakeDue(ClockReading now)
    {
        using (_lock.Enter())
        {
            while (_queue.TryPeek(out CoordinatedGroup? group, out long due) && due <= now.MonotonicMs)
            {
                _queue.Dequeue();
                if (group.ArmedFor == due)
                {
                    group.ArmedFor = GroupDeadline.Never;
                    return group;
                }
            }

            _timerDue = GroupDeadline.Never;
            SetTimer(now);
            return null;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void SetTimer(ClockReading now)
    {
        if (_queue.TryPeek(out _, out long due) && due < _timerDue)
        {
            // The clock is read in whole milliseconds: at least one lies between now and any deadline to come.
            long waitMs = Math.Max(due - now.MonotonicMs, 1);
            _timerDue = due;
            _timer.Change(TimeSpan.FromMilliseconds(waitMs), Timeout.InfiniteTimeSpan);
        }
    }
}
