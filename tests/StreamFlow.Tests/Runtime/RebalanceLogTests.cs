using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>What belongs to one rebalance of a thread, and how many are remembered.</summary>
public sealed class RebalanceLogTests
{
    private static readonly TopicPartition[] First = [new("orders", 0)];
    private static readonly TopicPartition[] Second = [new("orders", 1)];
    private readonly VirtualTime _time = new();

    [Fact]
    public void What_is_told_until_all_tasks_run_is_one()
    {
        var (log, began) = (new RebalanceLog(_time), _time.GetUtcNow());
        log.Revoked(First);
        log.Report(isSettled: false);
        _time.Advance(TimeSpan.FromSeconds(2));
        log.Assigned(Second);
        Assert.Null(Assert.Single(log.All).Pause);
        _time.Advance(TimeSpan.FromSeconds(1));
        log.Report(isSettled: true);
        log.Report(isSettled: true);

        var rebalance = Assert.Single(log.All);
        Assert.Equal(began, rebalance.At);
        Assert.Equal(First, rebalance.Revoked);
        Assert.Equal(Second, rebalance.Assigned);
        Assert.Empty(rebalance.Lost);
        Assert.Equal(TimeSpan.FromSeconds(3), rebalance.Pause);
    }

    [Fact]
    public void The_last_twenty_are_remembered_and_those_that_moved_nothing_are_none()
    {
        var log = new RebalanceLog(_time);
        for (var i = 0; i < 30; i++)
        {
            log.Lost([new("orders", i)]);
            log.Report(isSettled: true);
            log.Assigned([]);
            log.Report(isSettled: true);
        }

        Assert.Equal(Enumerable.Range(10, 20), log.All.Select(r => Assert.Single(r.Lost).Partition));
    }
}
