using StreamFlow;
using StreamFlow.Samples;

namespace ActivityTracking;

/// <summary>Clicks become sessions, a funnel, the top pages of each minute, and recommendations.</summary>
internal static class Pipeline
{
    public const string Clicks = "clicks";
    public const string Sessions = "sessions";
    public const string Funnel = "funnel";
    public const string PageViews = "page-views";
    public const string TopPages = "top-pages";
    public const string CoVisits = "co-visits";
    public const string Recommendations = "recommendations";

    /// <summary>The only key of <c>top-pages</c>.</summary>
    public const string Shop = "shop";

    /// <summary>A session ends when nothing is clicked for so long. Half a minute, so that one sees it; a shop would take half an hour.</summary>
    public static readonly TimeSpan Gap = TimeSpan.FromSeconds(30);

    /// <summary>How long sessions are kept to be looked at; no result depends on it.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    /// <summary>Two pages are visited together when the views are no further apart.</summary>
    public static readonly TimeSpan Together = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Clicks of phones come up to 40 s late.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>Stores have the names of the topics that their rows go to.</summary>
    public static void Describe(StreamsBuilder builder)
    {
        builder.Serdes.Add(SampleJson.Serde<Click>());
        builder.Serdes.Add(SampleJson.Serde<Session>());
        builder.Serdes.Add(SampleJson.Serde<PagePair>());
        builder.Serdes.Add(SampleJson.Serde<RankedPage>());
        builder.Serdes.Add(SampleJson.Serde<Ranking>());

        var clicks = builder.Stream<string, Click>(Clicks);
        var views = clicks.Filter((_, click) => click.Action == Stage.View);
        CountStages(FindSessions(clicks));
        RankPages(CountViews(views));
        Recommend(CountCoVisits(views));
    }

    private static KTable<Windowed<string>, Session> FindSessions(KStream<string, Click> clicks)
    {
        var sessions = clicks.GroupByKey()
            .WindowedBy(SessionWindows.Of(Gap, Grace))
            .Aggregate(
                () => Session.Empty,
                (_, click, session) => session.Plus(click),
                (_, one, other) => one.Plus(other),
                new() { Name = Sessions, Retention = Kept });
        sessions.ToStream().To(Sessions);
        return sessions;
    }

    /// <summary>How far each session came. One that grows, or is joined with another, is taken out of its stage and put into the next.</summary>
    private static void CountStages(KTable<Windowed<string>, Session> sessions) =>
        sessions.GroupBy((_, session) => (session.Furthest.ToString(), session.Clicks), new() { Name = "by-stage" })
            .Count(new() { Name = Funnel })
            .ToStream()
            .To(Funnel);

    private static KTable<Windowed<string>, long> CountViews(KStream<string, Click> views)
    {
        var counts = views.GroupBy((_, click) => click.Page, new() { Name = "by-page" })
            .WindowedBy(TumblingWindows.Of(Minute, Grace))
            .Count(new() { Name = PageViews });
        counts.ToStream().To(PageViews);
        return counts;
    }

    /// <summary>
    /// All counts of a minute meet under one key, and the same minute's window again, so that old minutes go by themselves. A count
    /// that the first window took must not be late for the second: its grace is longer.
    /// </summary>
    private static void RankPages(KTable<Windowed<string>, long> counts) =>
        counts.ToStream()
            .MapValues((page, views) => new RankedPage(page.Key, views))
            .GroupBy((_, _) => Shop, new() { Name = "by-minute" })
            .WindowedBy(TumblingWindows.Of(Minute, Grace + TimeSpan.FromHours(1)))
            .Aggregate(() => Ranking.Empty, (_, page, ranking) => ranking.With(page), new() { Name = TopPages })
            .ToStream()
            .To(TopPages);

    /// <summary>The views of a user joined with themselves: each pair of pages, in both orders.</summary>
    private static KTable<PagePair, long> CountCoVisits(KStream<string, Click> views)
    {
        var counts = views
            .Join(
                views,
                (one, other) => new PagePair(one.Page, other.Page),
                JoinWindows.Of(Together, Grace),
                new() { Name = "together", StoreName = "views-of-user" })
            .Filter((_, pair) => pair.Page != pair.Other)
            .GroupBy((_, pair) => pair, new() { Name = "by-pair" })
            .Count(new() { Name = CoVisits });
        counts.ToStream().To(CoVisits);
        return counts;
    }

    private static void Recommend(KTable<PagePair, long> coVisits) =>
        coVisits.ToStream()
            .MapValues((pair, views) => new RankedPage(pair.Other, views))
            .GroupBy((pair, _) => pair.Page, new() { Name = "by-first-page" })
            .Aggregate(() => Ranking.Empty, (_, page, ranking) => ranking.With(page), new() { Name = Recommendations })
            .ToStream()
            .To(Recommendations);
}
