namespace StreamFlow.Runtime;

/// <summary>
/// How far one task is in event time. Its own thread writes, between runs and not for each record; those of the other tasks
/// read.
/// </summary>
/// <param name="owner">What stands for the thread.</param>
/// <param name="eventTime">What is known of its event time before its first record, -1 when nothing is.</param>
/// <param name="now">A timestamp of the clock.</param>
internal sealed class PaceMember(object owner, long eventTime, long now)
{
    private long _time = eventTime;
    private long _delivered = eventTime;
    private long _highest = eventTime;
    private long _alive = now;
    private long _advanced = now;
    private volatile bool _hasRecords = true;
    private volatile bool _isAwaited;

    public object Owner => owner;

    /// <summary>Event time of its next record, or of the one before where the next is not here yet.</summary>
    public long Time => Volatile.Read(ref _time);

    /// <summary>The same as other threads may rely on it: the results of all records before have arrived on the broker.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Whether it has read all there is.</summary>
    public bool IsIdle => !_hasRecords;

    /// <summary>Whether another thread waits to hear that results have arrived.</summary>
    public bool IsAwaited => _isAwaited;

    /// <summary>Another thread waits for it.</summary>
    public void Await() => _isAwaited = true;

    /// <summary>It has processed records.</summary>
    /// <param name="time">Event time of the next one, or of the last.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public void Progressed(long time, long now)
    {
        if (time > _highest)
        {
            _highest = time;
            Volatile.Write(ref _advanced, now);
        }

        Show(time, now);
    }

    /// <summary>It has records, but they are too far ahead: that is no standstill of its own.</summary>
    /// <returns>Whether the others did not know its event time.</returns>
    public bool Held(long time, long now)
    {
        var isNews = !_hasRecords || time != _time;
        Volatile.Write(ref _advanced, now);
        Show(time, now);
        return isNews;
    }

    /// <summary>It has read all there is.</summary>
    public void Idle() => _hasRecords = false;

    /// <summary>The results of all that it has processed have arrived.</summary>
    public void Deliver()
    {
        Volatile.Write(ref _delivered, _time);
        _isAwaited = false;
    }

    /// <summary>Whether the others have to wait for it.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    /// <param name="silence">How long they wait for a sign of life.</param>
    /// <param name="standstill">How long they wait for a later event time.</param>
    public bool Holds(long now, long silence, long standstill) =>
        _hasRecords && now - Volatile.Read(ref _alive) < silence && now - Volatile.Read(ref _advanced) < standstill;

    private void Show(long time, long now)
    {
        Volatile.Write(ref _time, time);
        Volatile.Write(ref _alive, now);
        if (!_hasRecords || time < _delivered)
        {
            Volatile.Write(ref _delivered, time);
        }

        if (!_hasRecords)
        {
            // Whoever was idle does not stand still from the first moment on.
            Volatile.Write(ref _advanced, now);
            _hasRecords = true;
        }
    }
}
