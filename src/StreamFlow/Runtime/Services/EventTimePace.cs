namespace StreamFlow.Runtime;

/// <summary>
/// Keeps the tasks of one sub-topology on one thread together in event time while any of them has a backlog: none takes
/// records that are later than those of the one furthest behind by more than the allowed skew. What they write then arrives
/// nearly in order where it meets again, behind a repartition topic, and windows there do not close before their records come.
/// </summary>
/// <remarks>
/// Nobody waits without an end: a member that shows no life for <see cref="Silence"/>, or whose event time stands still for
/// <see cref="Standstill"/>, holds nobody until it moves on, and one that has read all there is holds nobody either. There is
/// always one that may go on, the one furthest behind.
/// </remarks>
internal sealed class EventTimePace
{
    /// <summary>How long the others wait for records that are on their way.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>How long they wait for one whose records have no later event time: its producers may never send any.</summary>
    public static readonly TimeSpan Standstill = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly long _maxSkew;
    private readonly long _silence;
    private readonly long _standstill;
    private readonly List<PaceMember> _members = [];

    public EventTimePace(TimeProvider time, TimeSpan maxSkew)
    {
        _time = time;
        _maxSkew = maxSkew.Ticks / TimeSpan.TicksPerMillisecond;
        _silence = (long)(Silence.TotalSeconds * time.TimestampFrequency);
        _standstill = (long)(Standstill.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>A task begins to run.</summary>
    /// <param name="eventTime">What is known of its event time, -1 when nothing is.</param>
    public PaceMember Join(long eventTime)
    {
        var member = new PaceMember(eventTime, _time.GetTimestamp());
        _members.Add(member);
        return member;
    }

    /// <summary>A task does not run any more.</summary>
    public void Leave(PaceMember member) => _members.Remove(member);

    /// <summary>Looks where all of them are.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    public PaceLimits Look(long now)
    {
        var (lowest, second, last) = (EventTime.End, EventTime.End, default(PaceMember));
        foreach (var member in _members)
        {
            if (!member.Holds(now, _silence, _standstill))
            {
                continue;
            }

            if (last is null || member.Time < lowest)
            {
                (lowest, second, last) = (member.Time, lowest, member);
            }
            else if (member.Time < second)
            {
                second = member.Time;
            }
        }

        return new PaceLimits(last, EventTime.Add(lowest, _maxSkew), EventTime.Add(second, _maxSkew));
    }
}

/// <summary>The latest event time that each task may take records of.</summary>
/// <param name="Last">The one furthest behind; null when nobody has a backlog.</param>
/// <param name="OfOthers">The limit of all but that one.</param>
/// <param name="OfLast">The limit of that one, by the next.</param>
internal readonly record struct PaceLimits(PaceMember? Last, long OfOthers, long OfLast)
{
    public long Of(PaceMember member) => ReferenceEquals(member, Last) ? OfLast : OfOthers;
}
