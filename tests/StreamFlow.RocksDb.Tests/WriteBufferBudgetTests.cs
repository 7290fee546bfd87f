namespace StreamFlow.RocksDb.Tests;

public sealed class WriteBufferBudgetTests
{
    [Fact]
    public void Report_over_the_limit_picks_whoever_holds_its_share()
    {
        var budget = new WriteBufferBudget(100);
        var (small, large) = (budget.Join(), budget.Join());

        Assert.False(small.Report(20));
        Assert.False(large.Report(80));
        Assert.True(large.Report(81));
        Assert.False(small.Report(21));
        Assert.False(large.Report(50));
        Assert.Equal(71, budget.UsedBytes);
    }

    [Fact]
    public void Leave_gives_back_what_was_held_once()
    {
        var budget = new WriteBufferBudget(100);
        var (first, second) = (budget.Join(), budget.Join());
        first.Report(90);
        second.Report(20);
        first.Leave();
        first.Leave();

        Assert.False(first.Report(1000));
        Assert.Equal(20, budget.UsedBytes);
        Assert.True(second.Report(101));
    }
}
