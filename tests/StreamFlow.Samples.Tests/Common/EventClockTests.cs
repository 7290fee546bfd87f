using Microsoft.Extensions.Time.Testing;

namespace StreamFlow.Samples.Tests.Common;

public sealed class EventClockTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Now);

    [Fact]
    public void At_a_pace_that_the_wall_clock_keeps_it_is_the_wall_clock()
    {
        Assert.Equal(Now, Clock(new() { Rate = 50 }, stepMs: 20).Start);
        Assert.Equal(Now, Clock(new() { Rate = 20 }, stepMs: 1000, recordsPerStep: 20).Start);
    }

    [Fact]
    public void Faster_than_that_the_run_ends_now_or_begins_twenty_hours_ago()
    {
        Assert.Equal(Now.AddSeconds(-10), Clock(new() { Count = 1000 }, stepMs: 10).Start);
        Assert.Equal(Now.AddHours(-20), Clock(new() { Rate = 21 }, stepMs: 1000, recordsPerStep: 20).Start);
    }

    [Fact]
    public void It_begins_where_an_earlier_run_has_ended()
    {
        Assert.Equal(Now.AddSeconds(-4), Clock(new() { Count = 1000 }, stepMs: 10, earliest: Now.AddSeconds(-4)).Start);
    }

    [Fact]
    public async Task The_future_is_waited_for()
    {
        var clock = Clock(new() { Rate = 50 }, stepMs: 20);
        await clock.WaitAsync(0, CancellationToken.None);
        var waiting = clock.WaitAsync(10, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        await Until.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(50));
                return waiting.IsCompleted;
            },
            "step 10 is there");
        Assert.True(_time.GetUtcNow() >= Now.AddMilliseconds(200));
    }

    private EventClock Clock(SampleSettings settings, int stepMs, int recordsPerStep = 1, DateTimeOffset? earliest = null) => EventClock.For(
        new SampleRun(settings, "unused:1", "unused", _time), TimeSpan.FromMilliseconds(stepMs), recordsPerStep, earliest ?? DateTimeOffset.UnixEpoch);
}
