using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>Rows that may wait for a flush of at most 2.5 seconds.</summary>
public sealed class FlushLimitTests
{
    private readonly CacheBudget _budget = new(1_000_000, long.MaxValue);

    [Fact]
    public void Few_rows_may_wait_while_nothing_is_known()
    {
        var limit = Limit();
        Assert.Equal(FlushLimit.First, _budget.MaxDirtyRows);

        limit.Learn(0, TimeSpan.FromSeconds(1));
        Assert.Equal(FlushLimit.First, _budget.MaxDirtyRows);
    }

    [Theory]
    [InlineData(32, 1_600, 50)]
    [InlineData(32, 32_000, 2)]
    [InlineData(1, 10_000, 1)]
    [InlineData(32, 0, 64)]
    [InlineData(3, 0, 32)]
    [InlineData(100, 100, 200)]
    public void As_many_as_a_flush_can_do_but_no_more_than_twice_those_it_has_done(int rows, int milliseconds, int expected)
    {
        Limit().Learn(rows, TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(expected, _budget.MaxDirtyRows);
    }

    [Fact]
    public void Rows_that_take_no_time_are_soon_not_limited_at_all()
    {
        var limit = Limit();
        for (var flush = 0; flush < 40; flush++)
        {
            limit.Learn(_budget.MaxDirtyRows, TimeSpan.Zero);
        }

        Assert.Equal(int.MaxValue, _budget.MaxDirtyRows);
    }

    [Fact]
    public void The_commit_is_due_when_so_many_wait()
    {
        Limit().Learn(2, TimeSpan.FromSeconds(1));
        var share = new CacheShare(_budget);
        for (var row = 1; row <= 5; row++)
        {
            Assert.False(_budget.CommitDue);
            share.AddDirtyRows(1);
        }

        Assert.True(_budget is { CommitDue: true, IsFlushDue: true });
        share.Clear();
        Assert.Equal((0, false), (_budget.DirtyRows, _budget.CommitDue));
    }

    [Fact]
    public void Without_a_limit_nothing_is_learnt()
    {
        var limit = new FlushLimit(_budget, TimeProvider.System, target: null);
        limit.Learn(1, TimeSpan.FromHours(1));

        Assert.Equal(int.MaxValue, _budget.MaxDirtyRows);
    }

    private FlushLimit Limit() => new(_budget, TimeProvider.System, TimeSpan.FromMilliseconds(2_500));
}
