using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using StreamFlow.Samples;

namespace ActivityTracking;

/// <summary>
/// What the plain loop finds in the clicks, and what the topics show. Users are those of the run alone; counts go on from where earlier
/// runs on the same brokers have left them.
/// </summary>
internal sealed class ActivityBooks
{
    private readonly PlainLoop _loop = new();
    private readonly Dictionary<(string User, long Start, long End), long> _clicksOf = [];
    private readonly Dictionary<string, long> _stages = [];
    private readonly Dictionary<(string Page, long Minute), long> _views = [];
    private readonly Dictionary<PagePair, long> _pairs = [];
    private readonly BookSum _clicks;
    private readonly BookTable<(string User, long Start, long End), Session> _sessions;
    private readonly BookTable<string, long> _funnel;
    private readonly BookTable<(string Page, long Minute), long> _pageViews;
    private readonly BookTable<long, string> _topPages;
    private readonly BookTable<PagePair, long> _coVisits;
    private readonly BookTable<string, string> _recommendations;

    public ActivityBooks(Books books)
    {
        _clicks = books.Sum("clicks, each in one session");
        _sessions = books.Table<(string, long, long), Session>("sessions, each with its beginning, end, clicks and stage");
        _funnel = books.Table<string, long>("stages, each with the sessions that came so far");
        _pageViews = books.Table<(string, long), long>("pages and minutes, each with its views");
        _topPages = books.Table<long, string>("minutes, each with its top pages");
        _coVisits = books.Table<PagePair, long>("pairs of pages, each with how often they were viewed together");
        _recommendations = books.Table<string, string>("pages, each with what is recommended there");
        books.Read(Pipeline.Sessions, SeeSession, record => LatestMs = Math.Max(LatestMs, SessionOf(record).End));
        books.Read(Pipeline.Funnel, r => _funnel.See(r.Key, Number(r)), r => _funnel.See(r.Key, _stages[r.Key] = Number(r)));
        books.Read(Pipeline.PageViews, r => _pageViews.See(PageOf(r), Number(r)), r => _pageViews.See(PageOf(r), _views[PageOf(r)] = Number(r)));
        books.Read(Pipeline.TopPages, SeeTopPages, SeeTopPages);
        books.Read(Pipeline.CoVisits, r => _coVisits.See(PairOf(r), Number(r)), r => _coVisits.See(PairOf(r), _pairs[PairOf(r)] = Number(r)));
        books.Read(Pipeline.Recommendations, SeeRecommendations, SeeRecommendations);
    }

    /// <summary>Event time of the last click of earlier runs, in milliseconds; 0 when there were none.</summary>
    public long LatestMs { get; private set; }

    /// <summary>A click was sent.</summary>
    public void Expect(MadeClick click)
    {
        _loop.Add(click);
        _clicks.Expect();
    }

    /// <summary>All clicks were sent: the plain loop says what must come of them.</summary>
    public void Close()
    {
        foreach (var (key, session) in _loop.Sessions())
        {
            _sessions.Expect(key, session);
            var stage = session.Furthest.ToString();
            _stages[stage] = _stages.GetValueOrDefault(stage) + 1;
        }

        _loop.AddPageViews(_views);
        _loop.AddCoVisits(_pairs);
        ExpectAll(_funnel, _stages);
        ExpectAll(_pageViews, _views);
        ExpectAll(_coVisits, _pairs);
        ExpectAll(_topPages, Ranked(_views, key => key.Minute, key => key.Page));
        ExpectAll(_recommendations, Ranked(_pairs, key => key.Page, key => key.Other));
    }

    private static void ExpectAll<TKey, TValue>(BookTable<TKey, TValue> table, Dictionary<TKey, TValue> rows)
        where TKey : notnull
    {
        foreach (var (key, row) in rows)
        {
            table.Expect(key, row);
        }
    }

    private static Dictionary<TGroup, string> Ranked<TKey, TGroup>(
        Dictionary<TKey, long> counts, Func<TKey, TGroup> group, Func<TKey, string> page)
        where TKey : notnull
        where TGroup : notnull =>
        counts.GroupBy(c => group(c.Key))
            .ToDictionary(g => g.Key, g => Ranking.Of(g.Select(c => new RankedPage(page(c.Key), c.Value))).ToString());

    /// <summary>A session that grows is deleted and comes again with its new end.</summary>
    private void SeeSession(SeenRecord record)
    {
        var key = SessionOf(record);
        _clicks.See(-_clicksOf.GetValueOrDefault(key));
        if (record.IsDeletion)
        {
            _clicksOf.Remove(key);
            _sessions.SeeNone(key);
        }
        else
        {
            var session = record.Value<Session>();
            _clicks.See(_clicksOf[key] = session.Clicks);
            _sessions.See(key, session);
        }
    }

    private void SeeTopPages(SeenRecord record) => _topPages.See(Long(record.KeyBytes[^8..]), record.Value<Ranking>().ToString());

    private void SeeRecommendations(SeenRecord record) => _recommendations.See(record.Key, record.Value<Ranking>().ToString());

    // The key of a session is the user, its end and its beginning; that of a window the key and its beginning: 8 bytes each, big-endian.
    private static (string User, long Start, long End) SessionOf(SeenRecord record) =>
        (Encoding.UTF8.GetString(record.KeyBytes[..^16]), Long(record.KeyBytes[^8..]), Long(record.KeyBytes[^16..^8]));

    private static (string Page, long Minute) PageOf(SeenRecord record) =>
        (Encoding.UTF8.GetString(record.KeyBytes[..^8]), Long(record.KeyBytes[^8..]));

    private static PagePair PairOf(SeenRecord record) => JsonSerializer.Deserialize<PagePair>(record.KeyBytes, SampleJson.Options)!;

    private static long Number(SeenRecord record) => Long(record.Result.Message.Value);

    private static long Long(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64BigEndian(bytes);
}
