using CsCheck;
using StreamFlow.State;
using StreamFlow.Tests.Records;

namespace StreamFlow.Tests.State;

/// <summary>
/// Stores by time at the first and last times there are, in memory and committed, through the store and through the view of
/// other threads, before and after a restore.
/// </summary>
public sealed class StoresAtTheEndsTests
{
    private const long End = long.MaxValue;

    [Fact]
    public void Window_store_shows_what_has_not_expired_over_the_whole_range() =>
        Gen.Select(EventTimes.Valid.Array[1, 6], EventTimes.Lengths).Sample((starts, retention) =>
        {
            var harness = new StoreHarness(() => new WindowStore<string, long>(
                "s", Utf8Serde.Instance, BigEndianSerde.Instance, timestamped: true, windowSizeMs: 1000, retention));
            var store = (WindowStore<string, long>)harness.Store;
            var expected = new SortedSet<long>();
            var latest = -1L;
            foreach (var start in starts)
            {
                latest = Math.Max(latest, start);
                Assert.Equal(Lives(start, latest, retention), store.Put("k", start, 7, timestamp: start));
                expected.Add(start);
            }

            var live = expected.Where(start => Lives(start, latest, retention)).ToList();
            CheckWindows((WindowStore<string, long>)harness.Store, live);
            harness.Commit();
            CheckWindows((WindowStore<string, long>)harness.Store, live);
            CheckWindows((IReadOnlyWindowStore<string, long>)harness.Store.View(harness.Identity)!, live);
            harness.Restore(recordsPerBatch: 2);
            CheckWindows((WindowStore<string, long>)harness.Store, live);
        }, iter: 1_000);

    [Fact]
    public void Session_store_shows_what_has_not_expired_over_the_whole_range() =>
        Gen.Select(Gen.Select(EventTimes.Valid, EventTimes.Valid).Array[1, 6], EventTimes.Lengths).Sample((pairs, retention) =>
        {
            var harness = new StoreHarness(
                () => new SessionStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, retention));
            var sessions = pairs.Select(p => new Window(Math.Min(p.Item1, p.Item2), Math.Max(p.Item1, p.Item2))).ToList();
            foreach (var session in sessions)
            {
                ((SessionStore<string, long>)harness.Store).Put(new Windowed<string>("k", session), 7);
            }

            var now = sessions.Max(s => s.End);
            var expected = sessions.Where(s => Lives(s.End, now, retention)).Distinct().OrderBy(s => (s.End, s.Start)).ToList();
            CheckSessions((SessionStore<string, long>)harness.Store, expected);
            harness.Commit();
            CheckSessions((SessionStore<string, long>)harness.Store, expected);
            CheckSessions((IReadOnlySessionStore<string, long>)harness.Store.View(harness.Identity)!, expected);
            harness.Restore(recordsPerBatch: 2);
            CheckSessions((SessionStore<string, long>)harness.Store, expected);
        }, iter: 1_000);

    [Fact]
    public void Versioned_store_shows_what_was_valid_at_any_time_of_the_range() =>
        Gen.Select(EventTimes.Valid.Array[1, 5], EventTimes.All, EventTimes.Lengths).Sample((times, asOf, history) =>
        {
            var harness = new StoreHarness(
                () => new VersionedStore<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance, history));
            var store = (VersionedStore<string, long>)harness.Store;
            var versions = new SortedSet<long>();
            foreach (var time in times)
            {
                if (store.Put("k", time, hasValue: true, time))
                {
                    versions.Add(time);
                }
            }

            var first = Int128.Max(0, (Int128)times.Max() - history);
            var at = versions.Where(v => v <= asOf).Select(v => (long?)v).LastOrDefault();
            var known = at is not null && (asOf >= first || at == versions.Max);
            for (var committed = 0; committed < 2; committed++)
            {
                Assert.Equal(known, store.TryGet("k", asOf, out var found));
                Assert.Equal(known ? new ValueAndTimestamp<long>(at!.Value, at.Value) : default, found);
                Assert.True(store.TryGet("k", out var latest));
                Assert.Equal(versions.Max, latest.Timestamp);
                harness.Commit();
            }
        }, iter: 1_000);

    [Fact]
    public void Time_ordered_buffer_gives_out_the_earliest_first_over_the_whole_range() =>
        Gen.Select(EventTimes.All.Array[1, 6], EventTimes.All).Sample((times, until) =>
        {
            var harness = new StoreHarness(
                () => new TimeOrderedBuffer<string, long>("s", Utf8Serde.Instance, BigEndianSerde.Instance));
            var buffer = (TimeOrderedBuffer<string, long>)harness.Store;
            for (var i = 0; i < times.Length; i++)
            {
                buffer.Put($"k{i}", i, times[i], Math.Max(0, times[i]), headers: null);
            }

            harness.Commit();
            Assert.Equal(times.Min(), buffer.OldestTime);
            var taken = new List<long>();
            while (buffer.TryTakeOldest(until, out var update))
            {
                taken.Add(times[(int)update.Value]);
            }

            Assert.Equal(times.Where(t => t <= until).Order(), taken);
            Assert.Equal(times.Count(t => t > until), buffer.Count);
        }, iter: 1_000);

    private static bool Lives(long time, long streamTime, long retention) => time > (Int128)streamTime - retention;

    private static void CheckWindows(IReadOnlyWindowStore<string, long> store, List<long> expected)
    {
        Assert.Equal(expected, store.Fetch("k", long.MinValue, End).Select(p => p.Key));
        Assert.Equal(Enumerable.Reverse(expected), store.Fetch("k", 0, End, reverse: true).Select(p => p.Key));
        Assert.Equal(
            expected.Select(start => new Window(start, start > End - 1000 ? End : start + 1000)),
            store.All().Select(p => p.Key.Window).OrderBy(w => w.Start));
        Assert.Equal(expected.Where(start => start == End), store.Fetch("k", End, End).Select(p => p.Key));
        Assert.Equal(expected.Where(start => start == 0), store.FetchAll(long.MinValue, 0).Select(p => p.Key.Window.Start));
        Assert.All(expected, start => Assert.True(store.TryFetch("k", start, out _)));
    }

    private static void CheckSessions(IReadOnlySessionStore<string, long> store, List<Window> expected)
    {
        Assert.Equal(expected, store.Fetch("k").Select(p => p.Key.Window));
        Assert.Equal(expected, store.All().Select(p => p.Key.Window).OrderBy(w => (w.End, w.Start)));
        Assert.Equal(expected.Where(w => w.End == End), store.FindSessions("k", End, End).Select(p => p.Key.Window));
        Assert.Equal(expected.Where(w => w.Start == 0), store.FindSessions("k", long.MinValue, 0).Select(p => p.Key.Window));
    }
}
