namespace ActivityTracking;

/// <summary>What the topology must find, computed from all clicks of the run by sorting and plain loops.</summary>
internal sealed class PlainLoop
{
    private readonly List<MadeClick> _clicks = [];

    public void Add(MadeClick click) => _clicks.Add(click);

    /// <summary>Each session by user, beginning and end.</summary>
    public Dictionary<(string User, long Start, long End), Session> Sessions()
    {
        var sessions = new Dictionary<(string, long, long), Session>();
        foreach (var user in _clicks.GroupBy(c => c.User))
        {
            MadeClick? first = null, last = null;
            var session = Session.Empty;
            foreach (var click in user.OrderBy(c => c.Timestamp))
            {
                if (last is { } before && click.Timestamp - before.Timestamp > Pipeline.Gap.TotalMilliseconds)
                {
                    sessions.Add((user.Key, first!.Value.Timestamp, before.Timestamp), session);
                    (first, session) = (null, Session.Empty);
                }

                (first, last, session) = (first ?? click, click, session.Plus(click.Click));
            }

            sessions.Add((user.Key, first!.Value.Timestamp, last!.Value.Timestamp), session);
        }

        return sessions;
    }

    /// <summary>Adds the views of each page in the minute that begins at a time.</summary>
    public void AddPageViews(Dictionary<(string Page, long Minute), long> counts)
    {
        var minute = (long)Pipeline.Minute.TotalMilliseconds;
        foreach (var view in Views())
        {
            Count(counts, (view.Click.Page, view.Timestamp / minute * minute));
        }
    }

    /// <summary>Adds how often two pages were viewed together.</summary>
    public void AddCoVisits(Dictionary<PagePair, long> counts)
    {
        foreach (var user in Views().GroupBy(c => c.User))
        {
            var views = user.OrderBy(c => c.Timestamp).ToList();
            for (var one = 0; one < views.Count; one++)
            {
                for (var other = one + 1; other < views.Count && AreTogether(views[one], views[other]); other++)
                {
                    var (page, with) = (views[one].Click.Page, views[other].Click.Page);
                    if (page != with)
                    {
                        Count(counts, new PagePair(page, with));
                        Count(counts, new PagePair(with, page));
                    }
                }
            }
        }
    }

    private static bool AreTogether(MadeClick one, MadeClick other) =>
        other.Timestamp - one.Timestamp <= Pipeline.Together.TotalMilliseconds;

    private static void Count<TKey>(Dictionary<TKey, long> counts, TKey key)
        where TKey : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;

    private IEnumerable<MadeClick> Views() => _clicks.Where(c => c.Click.Action == Stage.View);
}
