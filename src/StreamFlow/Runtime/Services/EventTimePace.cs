namespace StreamFlow.Runtime;

/// <summary>
/// Keeps the tasks of one sub-topology together in event time while any of them has a backlog: none takes records that are
/// later than those of the one furthest behind by more than the allowed skew. What they write then arrives nearly in order
/// where it meets again, behind a repartition topic, and windows there do not close before their records come.
/// </summary>
/// <remarks>
/// The tasks may be those of several threads, whose results have to arrive before another thread relies on them: records that
/// one has processed may still lie in its producer when those of another one, later in event time, are on the broker. It is
/// told on demand only, because it takes waiting for acknowledgements. Nobody waits without an end: a member that shows no life for
/// <see cref="Silence"/>, or whose event time stands still for <see cref="Standstill"/>, holds nobody until it moves on, and
/// one that has read all there is holds nobody either. There is always one that may go on, the one furthest behind.
/// </remarks>
internal sealed class EventTimePace
{
    /// <summary>
    /// How long the others wait for records that are on their way, or for a thread that is busy with something else.
    /// </summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>How long they wait for one whose records have no later event time: its producers may never send any.</summary>
    public static readonly TimeSpan Standstill = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly long _maxSkew;
    private readonly long _silence;
    private readonly long _standstill;
    private readonly Lock _gate = new();
    private volatile PaceMember[] _members = [];

    public EventTimePace(TimeProvider time, TimeSpan maxSkew)
    {
        _time = time;
        _maxSkew = maxSkew.Ticks / TimeSpan.TicksPerMillisecond;
        _silence = (long)(Silence.TotalSeconds * time.TimestampFrequency);
        _standstill = (long)(Standstill.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>A task begins to run.</summary>
    /// <param name="owner">What stands for its thread.</param>
    /// <param name="eventTime">What is known of its event time, -1 when nothing is.</param>
    public PaceMember Join(object owner, long eventTime)
    {
        var member = new PaceMember(owner, eventTime, _time.GetTimestamp());
        lock (_gate)
        {
            _members = [.. _members, member];
        }

        return member;
    }

    /// <summary>A task does not run any more.</summary>
    public void Leave(PaceMember member)
    {
        lock (_gate)
        {
            _members = [.. _members.Where(other => other != member)];
        }
    }

    /// <summary>Looks where all of them are.</summary>
    /// <param name="owner">What stands for the thread that looks.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public PaceLimits Look(object owner, long now)
    {
        var (lowest, second) = (EventTime.End, EventTime.End);
        var (last, next) = (default(PaceMember), default(PaceMember));
        foreach (var member in _members)
        {
            if (!member.Holds(now, _silence, _standstill))
            {
                continue;
            }

            var time = ReferenceEquals(member.Owner, owner) ? member.Time : member.Delivered;
            if (last is null || time < lowest)
            {
                (second, next) = (lowest, last);
                (lowest, last) = (time, member);
            }
            else if (next is null || time < second)
            {
                (second, next) = (time, member);
            }
        }

        return new PaceLimits(last, next, EventTime.Add(lowest, _maxSkew), EventTime.Add(second, _maxSkew));
    }
}

/// <summary>The latest event time that each task may take records of.</summary>
/// <param name="Last">The one furthest behind; null when nobody has a backlog.</param>
/// <param name="Next">The one before it; null when there is none.</param>
/// <param name="OfOthers">The limit of all but that one.</param>
/// <param name="OfLast">The limit of that one, by the next.</param>
internal readonly record struct PaceLimits(PaceMember? Last, PaceMember? Next, long OfOthers, long OfLast)
{
    public long Of(PaceMember member) => ReferenceEquals(member, Last) ? OfLast : OfOthers;

    /// <summary>The one that a member waits for.</summary>
    public PaceMember? HolderOf(PaceMember member) => ReferenceEquals(member, Last) ? Next : Last;
}
