using Microsoft.Reactive.Testing;
using StreamFlow.Reactive.Tests.Support;

namespace StreamFlow.Reactive.Tests;

/// <summary>What becomes of items when their observer is slow, in virtual time: nothing is handed over before the scheduler goes on.</summary>
public sealed class ObserverQueueTests
{
    private readonly TestScheduler _scheduler = new();
    private readonly Seen<int> _seen = new();
    private int _dropped;
    private int _over;

    [Fact]
    public void The_oldest_give_way()
    {
        using var queue = Queue(SlowObserver.DropOldest, capacity: 3);

        Add(queue, 1, 2, 3, 4, 5);
        Assert.Empty(_seen.Items);
        _scheduler.Start();

        Assert.Equal([3, 4, 5], _seen.Items);
        Assert.Equal(2, _dropped);
        Add(queue, 6);
        _scheduler.Start();
        Assert.Equal([3, 4, 5, 6], _seen.Items);
    }

    [Fact]
    public void The_latest_of_each_key_stays()
    {
        using var queue = Queue(SlowObserver.Latest, capacity: 2);

        // The key is the last digit.
        Add(queue, 11, 12, 21, 31);
        _scheduler.Start();
        Assert.Equal([12, 31], _seen.Items);

        Add(queue, 41, 42, 43);
        _scheduler.Start();
        Assert.Equal([12, 31, 42, 43], _seen.Items);
        Assert.Equal(3, _dropped);
    }

    [Fact]
    public void Too_many_are_an_error_behind_those_that_wait()
    {
        using var queue = Queue(SlowObserver.Fail, capacity: 3);

        Add(queue, 1, 2, 3, 4, 5);
        _scheduler.Start();
        Add(queue, 6);
        _scheduler.Start();

        Assert.Equal([1, 2, 3], _seen.Items);
        Assert.Contains("has not taken 3 records", Assert.IsType<ObserverTooSlowException>(_seen.Error).Message, StringComparison.Ordinal);
        Assert.Equal(1, _over);
    }

    [Fact]
    public async Task Who_is_to_wait_waits_until_there_is_room_or_nobody_is_to_be_held_up()
    {
        using var queue = Queue(SlowObserver.Block, capacity: 2);
        Add(queue, 1, 2);
        var third = InBackground(() => Add(queue, 3));
        await Task.Delay(50);
        Assert.False(third.IsCompleted);

        _scheduler.Start();
        await third.WaitAsync(TimeSpan.FromSeconds(30));
        Add(queue, 4);
        var fifth = InBackground(() => Add(queue, 5));
        await Task.Delay(50);
        Assert.False(fifth.IsCompleted);
        queue.Release();
        await fifth.WaitAsync(TimeSpan.FromSeconds(30));
        _scheduler.Start();

        Assert.Equal([1, 2, 3, 4], _seen.Items);
        Assert.Equal(1, _dropped);
    }

    [Fact]
    public async Task Who_waits_for_an_observer_that_leaves_is_let_go()
    {
        using var queue = Queue(SlowObserver.Block, capacity: 1);
        Add(queue, 1);
        var second = InBackground(() => Add(queue, 2));

        queue.Dispose();

        await second.WaitAsync(TimeSpan.FromSeconds(30));
        _scheduler.Start();
        Assert.Empty(_seen.Items);
        Assert.False(_seen.IsCompleted);
        Assert.Equal(1, _over);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_end_comes_behind_what_waits_and_nothing_behind_the_end(bool fails)
    {
        using var queue = Queue(SlowObserver.DropOldest, capacity: 1000);
        var error = fails ? new InvalidOperationException("x") : null;
        Add(queue, [.. Enumerable.Range(0, 200)]);

        queue.End(error);
        queue.End(new InvalidOperationException("later"));
        Add(queue, 1000);
        _scheduler.Start();
        Add(queue, 1001);
        _scheduler.Start();

        Assert.Equal(Enumerable.Range(0, 200), _seen.Items);
        Assert.Equal(!fails, _seen.IsCompleted);
        Assert.Same(error, _seen.Error);
        Assert.Equal(1, _over);
    }

    [Fact]
    public void What_an_observer_throws_is_the_schedulers_and_the_end_of_its_subscription()
    {
        var bad = new Seen<int> { OnItem = item => throw new FormatException($"bad {item}") };
        using var queue = Queue(SlowObserver.DropOldest, capacity: 10, bad);

        Add(queue, 1, 2);

        Assert.Equal("bad 1", Assert.Throws<FormatException>(() => _scheduler.Start()).Message);
        _scheduler.Stop();
        Add(queue, 3);
        _scheduler.Start();
        Assert.Empty(bad.Items);
        Assert.Equal(1, _over);
    }

    private static void Add(ObserverQueue<int, int> queue, params int[] items)
    {
        foreach (var item in items)
        {
            queue.Add(item % 10, item);
        }
    }

    private static Task InBackground(Action work)
    {
        var done = new TaskCompletionSource();
        new Thread(() =>
        {
            work();
            done.SetResult();
        }) { IsBackground = true }.Start();
        return done.Task;
    }

    private ObserverQueue<int, int> Queue(SlowObserver policy, int capacity, IObserver<int>? observer = null) => new(
        observer ?? _seen,
        new ObservationOptions { SlowObserver = policy, Capacity = capacity, Scheduler = _scheduler },
        _ => _over++,
        () => _dropped++);
}
