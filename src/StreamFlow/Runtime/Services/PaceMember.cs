namespace StreamFlow.Runtime;

/// <summary>How far one task is in event time, told between runs and not for each record.</summary>
/// <param name="eventTime">What is known of its event time before its first record, -1 when nothing is.</param>
/// <param name="now">A timestamp of the clock.</param>
internal sealed class PaceMember(long eventTime, long now)
{
    private long _highest = eventTime;
    private long _alive = now;
    private long _advanced = now;

    /// <summary>Event time of its next record, or of the one before where the next is not here yet.</summary>
    public long Time { get; private set; } = eventTime;

    /// <summary>Whether it has read all there is.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>It has processed records.</summary>
    /// <param name="time">Event time of the next one, or of the last.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public void Progressed(long time, long now)
    {
        if (time > _highest)
        {
            (_highest, _advanced) = (time, now);
        }

        Show(time, now);
    }

    /// <summary>It has records, but they are too far ahead: that is no standstill of its own.</summary>
    /// <returns>Whether the others did not know its event time.</returns>
    public bool Held(long time, long now)
    {
        var isNews = IsIdle || time != Time;
        _advanced = now;
        Show(time, now);
        return isNews;
    }

    /// <summary>It has read all there is.</summary>
    public void Idle() => IsIdle = true;

    /// <summary>Whether the others have to wait for it.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    /// <param name="silence">How long they wait for a sign of life.</param>
    /// <param name="standstill">How long they wait for a later event time.</param>
    public bool Holds(long now, long silence, long standstill) =>
        !IsIdle && now - _alive < silence && now - _advanced < standstill;

    private void Show(long time, long now)
    {
        (Time, _alive) = (time, now);
        if (IsIdle)
        {
            // Whoever was idle does not stand still from the first moment on.
            (IsIdle, _advanced) = (false, now);
        }
    }
}
