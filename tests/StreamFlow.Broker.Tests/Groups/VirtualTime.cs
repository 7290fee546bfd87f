namespace StreamFlow.Broker.Tests.Groups;

/// <summary>A clock with timers that moves only when told to; due timers fire on the calling thread, in order.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<VirtualTimer> _timers = [];
    private long _nowMs;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => Interlocked.Read(ref _nowMs);

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.FromUnixTimeMilliseconds(GroupHarness.StartUnixMs + Interlocked.Read(ref _nowMs));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        lock (_lock)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        long end = _nowMs + (long)by.TotalMilliseconds;
        while (NextDue(end) is VirtualTimer due)
        {
            Interlocked.Exchange(ref _nowMs, Math.Max(_nowMs, due.DueMs));
            due.Fire();
        }

        Interlocked.Exchange(ref _nowMs, end);
    }

    private VirtualTimer? NextDue(long end)
    {
        lock (_lock)
        {
            return _timers.Where(timer => timer.DueMs <= end).MinBy(timer => timer.DueMs);
        }
    }

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private long _periodMs;

        public long DueMs { get; private set; } = long.MaxValue;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            DueMs = dueTime < TimeSpan.Zero ? long.MaxValue : time._nowMs + (long)dueTime.TotalMilliseconds;
            _periodMs = (long)period.TotalMilliseconds;
            return true;
        }

        public void Fire()
        {
            DueMs = _periodMs > 0 ? DueMs + _periodMs : long.MaxValue;
            callback(state);
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
