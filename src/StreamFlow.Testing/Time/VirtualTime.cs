namespace StreamFlow.Testing;

/// <summary>
/// A clock that stands still until <see cref="Advance"/> moves it. Timers made from it fire during the move, in order
/// of their due times, on the thread that moves the clock. Safe for use by several threads.
/// </summary>
public sealed class VirtualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Shot, (long Due, long Sequence)> _shots = new();
    private long _now;
    private long _sequence;

    /// <summary>Creates a clock.</summary>
    /// <param name="start">What it shows first; the default is 2000-01-01T00:00Z.</param>
    public VirtualTime(DateTimeOffset? start = null) =>
        _now = (start ?? new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)).UtcTicks;

    /// <summary>Raised after each move of the clock, on the thread that moved it, when its timers have fired.</summary>
    public event EventHandler? Advanced;

    /// <summary>Always UTC, so that tests do not depend on the machine.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _now), TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _now);

    /// <summary>Moves the clock forward and fires the timers that become due, each at its own time.</summary>
    /// <param name="by">How far; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var target = checked(Volatile.Read(ref _now) + by.Ticks);
        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }

        Advanced?.Invoke(this, EventArgs.Empty);
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private Timer? TakeDue(long target)
    {
        lock (_gate)
        {
            while (_shots.TryPeek(out var shot, out var at) && at.Due <= target)
            {
                _shots.Dequeue();
                if (shot.Version == shot.Timer.Version)
                {
                    _now = Math.Max(_now, at.Due);
                    Rearm(shot.Timer, at.Due);
                    return shot.Timer;
                }
            }

            _now = Math.Max(_now, target);
            return null;
        }
    }

    private void Rearm(Timer timer, long due)
    {
        if (timer.Period > 0)
        {
            Enqueue(timer, due + timer.Period);
        }
    }

    private void Enqueue(Timer timer, long due) =>
        _shots.Enqueue(new Shot(timer, timer.Version), (due, _sequence++));

    private sealed class Timer(VirtualTime clock, TimerCallback callback, object? state) : ITimer
    {
        /// <summary>Counts changes: a shot made before the last change is void.</summary>
        public int Version { get; private set; }

        public long Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (Version < 0)
                {
                    return false;
                }

                Version++;
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
                    clock.Enqueue(this, clock._now + dueTime.Ticks);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                Version = -1;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private readonly record struct Shot(Timer Timer, int Version);
}
