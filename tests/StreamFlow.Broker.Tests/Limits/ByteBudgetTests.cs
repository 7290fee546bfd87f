using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Server;

namespace StreamFlow.Broker.Tests.Limits;

public sealed class ByteBudgetTests
{
    private const long Limit = 1000;
    private readonly FakeTimeProvider _time = new();
    private readonly ByteBudget _budget;

    public ByteBudgetTests() => _budget = new ByteBudget(Limit, _time);

    [Fact]
    public async Task Whoever_finds_no_room_waits_and_is_served_in_the_order_of_coming()
    {
        await _budget.TakeAsync(700, default);
        Task second = _budget.TakeAsync(300, default);
        Task third = _budget.TakeAsync(10, default);
        Assert.False(second.IsCompleted || third.IsCompleted);
        Assert.Equal(2, _budget.Waiting);
        _budget.Release(700);
        await second;
        await third;
        Assert.Equal((310, 0), (_budget.Used, _budget.Waiting));
    }

    [Fact]
    public async Task More_than_there_is_is_given_when_nobody_holds_anything()
    {
        await _budget.TakeAsync(10, default);
        Task large = _budget.TakeAsync(5 * Limit, default);
        Task behind = _budget.TakeAsync(10, default);
        Assert.False(large.IsCompleted);
        _budget.Release(10);
        await large;
        Assert.False(behind.IsCompleted);
        _budget.Release(5 * Limit);
        await behind;
        Assert.Equal(10, _budget.Used);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_takes_nothing_and_lets_the_next_one_in()
    {
        await _budget.TakeAsync(500, default);
        using CancellationTokenSource gone = new();
        Task first = _budget.TakeAsync(400, gone.Token);
        Task second = _budget.TakeAsync(200, default);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await second;
        Assert.Equal(700, _budget.Used);
    }

    [Fact]
    public async Task A_reader_gets_what_there_is_and_while_others_wait_the_least_of_what_is_left_for_answers()
    {
        Assert.Equal(700, _budget.TakeUpTo(700, 100));
        Task waits = _budget.TakeAsync(740, default);
        Assert.Equal(200, _budget.TakeUpTo(700, 200));
        Assert.Equal(0, _budget.TakeUpTo(700, 200));
        Assert.Equal(100, _budget.TakeUpTo(700, 100));
        _budget.Release(1000);
        await waits;
    }

    [Fact]
    public async Task A_quarter_is_left_for_answers_whose_size_shows_when_they_are_there()
    {
        await _budget.TakeAsync(750, default);
        await _budget.WaitForRoomAsync(default);
        _budget.Add(250);
        Task room = _budget.WaitForRoomAsync(default);
        Assert.False(room.IsCompleted);
        _budget.Release(750);
        _budget.Release(250);
        await room;
        Assert.Equal(0, _budget.Used);
    }

    [Fact]
    public async Task That_somebody_had_to_wait_is_known_for_a_while()
    {
        TimeSpan within = TimeSpan.FromSeconds(5);
        Assert.False(_budget.WasNeeded(within));
        await _budget.TakeAsync(750, default);
        Assert.Equal(10, _budget.TakeUpTo(10, 10));
        Assert.True(_budget.WasNeeded(within));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(_budget.WasNeeded(within));
    }
}
