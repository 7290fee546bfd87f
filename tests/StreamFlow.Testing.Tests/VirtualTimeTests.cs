namespace StreamFlow.Testing.Tests;

public sealed class VirtualTimeTests
{
    private readonly VirtualTime _time = new();

    [Fact]
    public void Now_stands_still_until_advanced()
    {
        var before = _time.GetUtcNow();
        var stamp = _time.GetTimestamp();

        _time.Advance(TimeSpan.FromSeconds(90));

        Assert.Equal(TimeSpan.FromSeconds(90), _time.GetUtcNow() - before);
        Assert.Equal(TimeSpan.FromSeconds(90), _time.GetElapsedTime(stamp));
        Assert.Equal(new DateTimeOffset(2000, 1, 1, 0, 1, 30, TimeSpan.Zero), _time.GetUtcNow());
    }

    [Fact]
    public void Advance_backwards_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.Advance(TimeSpan.FromTicks(-1)));

    [Fact]
    public void Timers_fire_in_order_of_due_time_each_at_its_own_time()
    {
        var fired = new List<(string Name, double Second)>();
        var start = _time.GetUtcNow();
        using var late = Timer("late", 7, 0);
        using var every = Timer("every", 2, 3);

        _time.Advance(TimeSpan.FromSeconds(8));

        Assert.Equal([("every", 2), ("every", 5), ("late", 7), ("every", 8)], fired);

        ITimer Timer(string name, int due, int period) => _time.CreateTimer(
            _ => fired.Add((name, (_time.GetUtcNow() - start).TotalSeconds)), null,
            TimeSpan.FromSeconds(due), period == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(period));
    }

    [Fact]
    public void Changed_or_disposed_timer_does_not_fire_at_its_old_time()
    {
        var fired = 0;
        using var changed = _time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        var disposed = _time.CreateTimer(_ => fired += 100, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        changed.Change(TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
        disposed.Dispose();

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, fired);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, fired);
        Assert.False(disposed.Change(TimeSpan.Zero, TimeSpan.Zero));
    }

    [Fact]
    public void Timer_stopped_by_its_own_callback_stays_stopped()
    {
        var fired = 0;
        ITimer? timer = null;
        timer = _time.CreateTimer(
            _ =>
            {
                fired++;
                timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            },
            null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(1, fired);
    }

    [Fact]
    public async Task Task_delay_ends_when_the_clock_gets_there()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(5), _time);

        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        Assert.False(delay.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await delay;
    }
}
