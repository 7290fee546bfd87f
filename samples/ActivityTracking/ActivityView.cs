using StreamFlow;
using StreamFlow.State;

namespace ActivityTracking;

/// <summary>What the page shows, asked of the stores of the running application.</summary>
/// <param name="application">The application.</param>
/// <param name="users">Users whose sessions are drawn.</param>
internal sealed class ActivityView(StreamsApplication application, IReadOnlyList<string> users)
{
    private readonly IReadOnlySessionStore<string, Session> _sessions = application.Stores.Session<string, Session>(Pipeline.Sessions);
    private readonly IReadOnlyWindowStore<string, Ranking> _topPages = application.Stores.Window<string, Ranking>(Pipeline.TopPages);
    private readonly IReadOnlyKeyValueStore<string, long> _funnel = application.Stores.KeyValue<string, long>(Pipeline.Funnel);
    private readonly IReadOnlyKeyValueStore<string, Ranking> _recommendations =
        application.Stores.KeyValue<string, Ranking>(Pipeline.Recommendations);

    private ActivityPicture _last = new(0, 0, [], [], []);

    /// <summary>The picture of this moment; while partitions are on their way, the last one.</summary>
    public ActivityPicture Picture()
    {
        try
        {
            return _last = Take();
        }
        catch (StoreQueryException exception) when (exception.IsTransient || exception.Failure == StoreQueryFailure.NotRunning)
        {
            return _last;
        }
    }

    /// <summary>What is recommended on a page; null when nobody has viewed it together with another.</summary>
    public Ranking? Recommendations(string page) => _recommendations.TryGet(page, out var ranking) ? ranking : null;

    private ActivityPicture Take()
    {
        var stages = Enum.GetValues<Stage>().Select(s => _funnel.TryGet(s.ToString(), out var count) ? count : 0).ToArray();
        var minutes = _topPages.Fetch(Pipeline.Shop, 0, long.MaxValue, reverse: true).Take(2)
            .Select(m => new TopPages(m.Key, m.Value.Value.Pages)).ToArray();
        var drawn = users.SelectMany((user, line) => _sessions.Fetch(user)
            .Select(s => new DrawnSession(line, s.Key.Window.Start, s.Key.Window.End, s.Value.Clicks, s.Value.Furthest))).ToArray();
        var now = Math.Max(minutes.Length == 0 ? 0 : minutes[0].Minute, drawn.Select(s => s.End).DefaultIfEmpty().Max());
        var open = _sessions.FindSessions(KeyRange.All<string>(), now - (long)Pipeline.Gap.TotalMilliseconds, long.MaxValue).Count();

        // Each session is counted at the stage where it ended: those that came to a stage are those of this one and of all behind it.
        return new ActivityPicture(now, open, [stages.Sum(), stages[1] + stages[2], stages[2]], minutes, drawn);
    }
}

/// <summary>What the page shows.</summary>
/// <param name="Now">Event time, in milliseconds.</param>
/// <param name="Open">Sessions that may still grow.</param>
/// <param name="Funnel">Sessions that came to each stage.</param>
/// <param name="Minutes">The top pages of the last two minutes, the latest first.</param>
/// <param name="Sessions">The sessions of some users.</param>
internal sealed record ActivityPicture(long Now, int Open, long[] Funnel, TopPages[] Minutes, DrawnSession[] Sessions);

/// <summary>The pages that come first in the minute that begins at a time.</summary>
internal sealed record TopPages(long Minute, RankedPage[] Pages);

/// <summary>A session as a line of the page has it.</summary>
internal sealed record DrawnSession(int Line, long Start, long End, long Clicks, Stage Furthest);
