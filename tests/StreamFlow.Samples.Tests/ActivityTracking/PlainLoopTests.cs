using global::ActivityTracking;

namespace StreamFlow.Samples.Tests.ActivityTracking;

/// <summary>What the books rely on, by cases worked out by hand.</summary>
public sealed class PlainLoopTests
{
    private readonly PlainLoop _loop = new();

    [Fact]
    public void Sessions_are_cut_where_the_gap_is_exceeded()
    {
        Add("ann", 31_000, Stage.Cart);
        Add("ann", 0);
        Add("ann", 30_000);
        Add("ann", 61_001, Stage.Buy);
        Add("bob", 5);

        Assert.Equal(
            [
                new(("ann", 0, 31_000), new Session(3, Stage.Cart)), new(("ann", 61_001, 61_001), new Session(1, Stage.Buy)),
                new(("bob", 5, 5), new Session(1, Stage.View)),
            ],
            _loop.Sessions().OrderBy(s => s.Key));
    }

    [Fact]
    public void Views_are_counted_by_page_and_minute_on_top_of_earlier_ones()
    {
        Add("ann", 59_999, page: "tent");
        Add("bob", 60_000, page: "tent");
        Add("bob", 60_001, page: "tent");
        Add("bob", 60_002, Stage.Cart, "tent");
        var counts = new Dictionary<(string, long), long> { [("tent", 0)] = 10 };
        _loop.AddPageViews(counts);

        Assert.Equal([new(("tent", 0), 11L), new(("tent", 60_000), 2L)], counts.OrderBy(c => c.Key));
    }

    [Fact]
    public void Pages_are_together_that_one_user_views_within_a_minute()
    {
        Add("ann", 0, page: "a");
        Add("ann", 60_000, page: "b");
        Add("ann", 60_001, page: "c");
        Add("ann", 60_002, Stage.Buy, "d");
        Add("ann", 60_003, page: "c");
        Add("bob", 0, page: "e");
        var counts = new Dictionary<PagePair, long>();
        _loop.AddCoVisits(counts);

        Assert.Equal(["a b 1", "b a 1", "b c 2", "c b 2"], counts.Select(c => $"{c.Key.Page} {c.Key.Other} {c.Value}").Order());
    }

    private void Add(string user, long time, Stage action = Stage.View, string page = "tent") =>
        _loop.Add(new MadeClick(user, new Click(page, action), time));
}
