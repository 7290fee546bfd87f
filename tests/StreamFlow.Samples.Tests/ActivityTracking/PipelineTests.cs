using global::ActivityTracking;
using StreamFlow.Samples.Tests.Support;
using StreamFlow.Serialization;

namespace StreamFlow.Samples.Tests.ActivityTracking;

public sealed class PipelineTests : IDisposable
{
    private const long Second = 1_000;
    private readonly SampleRig _rig = new(Pipeline.Describe, new Books(), Pipeline.Clicks);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_session_ends_when_nothing_is_clicked_for_the_gap()
    {
        Click("ann", "tent", 0);
        Click("ann", "stove", 30);
        Click("ann", "stove", 61, Stage.Cart);

        Assert.Equal(
            [(0, 30, new Session(2, Stage.View)), (61, 61, new Session(1, Stage.Cart))],
            Sessions().OrderBy(s => s.Start));
    }

    [Fact]
    public void A_click_that_comes_late_makes_one_session_of_two()
    {
        Click("ann", "tent", 0);
        Click("ann", "tent", 40, Stage.Buy);
        Click("ann", "tent", 20, Stage.Cart);

        Assert.Equal([(0, 40, new Session(3, Stage.Buy))], Sessions());
        Assert.Equal([new("Buy", 1L), new("View", 0L)], Table<string, long>(Pipeline.Funnel).Where(s => s.Key != "Cart").OrderBy(s => s.Key));
    }

    [Fact]
    public void A_session_is_counted_at_the_furthest_stage_it_came_to()
    {
        Click("ann", "tent", 0);
        Click("bob", "tent", 0);
        Click("ann", "tent", 1, Stage.Cart);
        Click("ann", "tent", 2, Stage.Buy);
        Click("ann", "stove", 3);

        Assert.Equal(
            [new("Buy", 1L), new("Cart", 0L), new("View", 1L)], Table<string, long>(Pipeline.Funnel).OrderBy(s => s.Key));
    }

    [Fact]
    public void The_pages_of_a_minute_are_ranked_by_their_views()
    {
        foreach (var (page, second) in new[] { ("tent", 1), ("stove", 2), ("stove", 3), ("tent", 59), ("tent", 58), ("bell", 60) })
        {
            Click("ann", page, second);
        }

        Click("ann", "bell", 4, Stage.Cart);
        var ranked = _rig.Driver.CreateOutputTopic(
            Pipeline.TopPages, Serdes.Windowed(Serdes.String, Pipeline.Minute), SampleJson.Serde<Ranking>()).ReadTable();
        Assert.Equal(
            ["0 tent 3, stove 2", "60 bell 1"],
            ranked.OrderBy(m => m.Key.Window.Start).Select(m => $"{m.Key.Window.Start / Second} {m.Value}"));
    }

    [Fact]
    public void What_was_viewed_together_is_recommended_the_most_frequent_first()
    {
        Click("ann", "tent", 0);
        Click("ann", "stove", 10);
        Click("ann", "mat", 60);
        Click("bob", "mat", 0);
        Click("bob", "stove", 5);
        Click("cid", "bell", 0);
        Click("cid", "tent", 61);

        var recommended = Table<string, Ranking>(Pipeline.Recommendations);
        Assert.Equal("mat 2, tent 1", recommended["stove"].ToString());
        Assert.Equal("mat 1, stove 1", recommended["tent"].ToString());
        Assert.False(recommended.ContainsKey("bell"));
        Assert.Equal(2, Table<PagePair, long>(Pipeline.CoVisits)[new PagePair("mat", "stove")]);
    }

    private void Click(string user, string page, long second, Stage action = Stage.View) =>
        _rig.Send(Pipeline.Clicks, user, new Click(page, action), second * Second);

    private List<(long Start, long End, Session Session)> Sessions() =>
    [
        .. _rig.Driver.CreateOutputTopic(Pipeline.Sessions, Serdes.SessionWindowed(Serdes.String), SampleJson.Serde<Session>())
            .ReadAll().GroupBy(r => r.Key).Select(r => r.Last()).Where(r => r.HasValue)
            .Select(r => (r.Key.Window.Start / Second, r.Key.Window.End / Second, r.Value)),
    ];

    private IReadOnlyDictionary<TKey, T> Table<TKey, T>(string topic)
        where TKey : notnull => _rig.Driver.CreateOutputTopic<TKey, T>(topic).ReadTable();
}
