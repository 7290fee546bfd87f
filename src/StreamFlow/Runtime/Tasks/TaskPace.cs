namespace StreamFlow.Runtime;

/// <summary>What a task may do for the others it keeps pace with.</summary>
internal enum PaceState
{
    /// <summary>It goes on.</summary>
    Goes,

    /// <summary>It has nothing to process.</summary>
    Waits,

    /// <summary>Its next record is too far ahead.</summary>
    Held,

    /// <summary>The same, which the others did not know yet: they may go on now.</summary>
    HeldAnew,
}

/// <summary>A task's place among those it keeps pace with in event time.</summary>
/// <param name="pace">What they share; null where each goes as fast as it can.</param>
internal sealed class TaskPace(EventTimePace? pace)
{
    private PaceMember? _member;
    private long _now;

    /// <summary>What the task shares with the others; null while it does not run.</summary>
    public EventTimePace? Shared => _member is null ? null : pace;

    /// <summary>Whether the next record is too far ahead, by the limit of the last run.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The task begins to run.</summary>
    /// <param name="eventTime">Its event time as far as it is known, else -1.</param>
    public void Join(long eventTime) => _member = pace?.Join(eventTime);

    /// <summary>The task does not run any more.</summary>
    public void Leave()
    {
        if (_member is not null)
        {
            pace!.Leave(_member);
            _member = null;
        }
    }

    /// <summary>A run begins: the latest event time it may process records of.</summary>
    public long BeginRun(in PaceLimits limits, long now)
    {
        (_now, IsHeld) = (now, false);
        return _member is null ? EventTime.End : limits.Of(_member);
    }

    /// <summary>The first record of a run is here: if there was none before, the others learn so before it is processed.</summary>
    public void Begin(long eventTime)
    {
        if (_member is { IsIdle: true })
        {
            _member.Held(eventTime, _now);
        }
    }

    /// <summary>Tells the others where the task is after a run.</summary>
    /// <param name="processed">How many records it was.</param>
    /// <param name="queues">What it has.</param>
    /// <param name="streamTime">Where it was with its last record.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public PaceState Tell(int processed, InputQueues queues, long streamTime, long now)
    {
        if (_member is null)
        {
            return processed > 0 ? PaceState.Goes : PaceState.Waits;
        }

        if (processed > 0)
        {
            _member.Progressed(queues.LoadedTime ?? streamTime, now);
            return PaceState.Goes;
        }

        if (IsHeld)
        {
            return _member.Held(queues.LoadedTime ?? streamTime, now) ? PaceState.HeldAnew : PaceState.Held;
        }

        // For records that are on their way the others wait a little, for those that nobody has sent they do not.
        if (!queues.AwaitsRecords)
        {
            _member.Idle();
        }

        return PaceState.Waits;
    }
}
