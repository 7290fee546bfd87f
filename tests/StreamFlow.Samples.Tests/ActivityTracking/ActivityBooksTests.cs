using global::ActivityTracking;
using StreamFlow.Samples.Tests.Support;

namespace StreamFlow.Samples.Tests.ActivityTracking;

/// <summary>A day in the shop in the test driver: its books balance, and tell what is lost.</summary>
public sealed class ActivityBooksTests
{
    private const int Clicks = 3_000;
    private readonly int _seed = Random.Shared.Next();
    private readonly Books _books = new();

    [Fact]
    public void Books_of_a_shop_balance()
    {
        using var rig = Run();
        rig.Settle();
        Assert.True(rig.Wrong.Count == 0, $"seed {_seed}: {Told()}");
        Assert.All(_books.Entries, entry => Assert.NotEqual(0, entry.Expected));
        Assert.Equal(Clicks, _books.Entries[0].Expected);
    }

    /// <summary>It is the first view of all: its session, minute, and whatever was viewed together with it differ.</summary>
    [Fact]
    public void A_click_that_the_application_never_got_is_missed()
    {
        var lost = false;
        using var rig = Run(click => !lost && (lost = click.Click.Action == Stage.View));
        rig.Settle();
        Assert.Contains("clicks, each in one session", rig.Wrong);
        Assert.Contains("pages and minutes, each with its views", rig.Wrong);
    }

    [Theory]
    [InlineData(Pipeline.Sessions, "clicks, each in one session", "sessions, each with its beginning, end, clicks and stage")]
    [InlineData(Pipeline.Funnel, "stages, each with the sessions that came so far")]
    [InlineData(Pipeline.PageViews, "pages and minutes, each with its views")]
    [InlineData(Pipeline.TopPages, "minutes, each with its top pages")]
    [InlineData(Pipeline.CoVisits, "pairs of pages, each with how often they were viewed together")]
    [InlineData(Pipeline.Recommendations, "pages, each with what is recommended there")]
    public void Results_that_are_lost_are_missed(string topic, params string[] wrong)
    {
        using var rig = Run();
        rig.Settle((lost, _) => lost == topic);
        Assert.Equal(wrong, rig.Wrong);
    }

    /// <summary>Counts go on from those of earlier runs; users, and so sessions, are others.</summary>
    [Fact]
    public void Books_of_a_second_run_balance_too()
    {
        using var rig = Run();
        var second = new Books();
        var books = new ActivityBooks(second);
        rig.ReadEarlier(second);

        Assert.NotEqual(0, books.LatestMs);
        Feed(rig, books, "second", books.LatestMs + 1);
        rig.Settle(into: second);
        Assert.True(second.Balance, $"seed {_seed}: {string.Join('\n', second.Entries.SelectMany(e => e.Differences))}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_clicks_some_of_them_late()
    {
        var one = new Shoppers(_seed, 40, 0, "u").Run().Take(Clicks).ToList();
        Assert.Equal(one, new Shoppers(_seed, 40, 0, "u").Run().Take(Clicks));
        Assert.NotEqual(one, new Shoppers(_seed + 1, 40, 0, "u").Run().Take(Clicks));
        Assert.All(Enum.GetValues<Stage>(), stage => Assert.Contains(one, click => click.Click.Action == stage));
        Assert.Contains(one.Zip(one.Skip(1)), pair => pair.Second.Timestamp < pair.First.Timestamp - 1_000);
    }

    private SampleRig Run(Func<MadeClick, bool>? loses = null)
    {
        var activity = new ActivityBooks(_books);
        var rig = new SampleRig(Pipeline.Describe, _books, Pipeline.Clicks);
        Feed(rig, activity, "first", 0, loses);
        return rig;
    }

    private void Feed(SampleRig rig, ActivityBooks books, string run, long start, Func<MadeClick, bool>? loses = null)
    {
        foreach (var click in new Shoppers(_seed, users: 40, start, run).Run().Take(Clicks))
        {
            books.Expect(click);
            if (loses?.Invoke(click) is not true)
            {
                rig.Send(Pipeline.Clicks, click.User, click.Click, click.Timestamp);
            }
        }

        books.Close();
    }

    private string Told() =>
        string.Join('\n', _books.Entries.Where(e => !e.Balances).Select(e => $"{e.Name}: {string.Join("; ", e.Differences)}"));
}
