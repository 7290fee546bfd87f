using StreamFlow.State;

namespace StreamFlow.Tests.State;

public class SessionStoreTests
{
    private const long Retention = 200_000;
    private readonly StoreHarness _harness = new(
        () => new SessionStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, Retention));

    private SessionStore<string, string> Store => (SessionStore<string, string>)_harness.Store;

    [Fact]
    public void Changelog_has_the_bytes_that_kafka_streams_writes()
    {
        Put("k", 7, 7, "0+a", 7);
        _harness.Commit();
        Put("k", 7, 7, null, 8);
        Put("k", 7, 8, "0&0+a+b", 8);
        _harness.Commit();

        // Recorded from Apache Kafka Streams 4.3.1: an aggregation over session windows, a@7 then b@8.
        Assert.Equal(
            [
                "key=6b00000000000000070000000000000007 val=302b61 ts=7",
                "key=6b00000000000000070000000000000007 val=null ts=8",
                "key=6b00000000000000080000000000000007 val=3026302b612b62 ts=8",
            ],
            _harness.Changelog.Records.Select(r => r.ToString()));
        Assert.Equal("3026302b612b62", _harness.Dump()[$"{0:x16}6b00000000000000080000000000000007"]);
    }

    [Fact]
    public void FindSessions_gives_those_that_overlap_in_the_order_of_end_then_start()
    {
        Put("k", 0, 10, "a", 1);
        Put("k", 5, 20, "b", 1);
        Put("k", 1, 20, "c", 1);
        _harness.Commit();
        Put("k", 90_000, 130_000, "d", 1);
        Put("kk", 5, 20, "other", 1);
        Put("k", 30, 40, "e", 1);

        Assert.Equal(["c", "b", "e", "d"], Store.FindSessions("k", 11, 90_000).Select(p => p.Value));
        Assert.Equal(["e", "b", "c"], Store.FindSessions("k", 11, 89_999, reverse: true).Select(p => p.Value));
        Assert.Equal(new Window(0, 10), Store.Fetch("k").First().Key.Window);
        Assert.Equal(6, Store.All().Count());
    }

    [Fact]
    public void Session_that_has_expired_is_hidden_refused_and_reported()
    {
        Put("k", 0, 10, "a", 1);
        Put("k", 0, Retention + 9, "b", 1);
        Assert.True(Store.Find("k", 0, 10).HasValue);
        Put("k", 0, Retention + 10, "c", 1);

        Assert.False(Store.Find("k", 0, 10).HasValue);
        Assert.False(Store.Set(ref Store.Find("k", 0, 10), "x", hasValue: true, 1, headers: null));
        Assert.Equal(["expired"], _harness.Dropped);
        Assert.Equal(["b", "c"], Store.Fetch("k").Select(p => p.Value));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 3_000)]
    [InlineData(2, StoreHarness.Unbounded)]
    [InlineData(3, 3_000)]
    public void Store_behaves_like_a_dictionary_whose_sessions_expire(int seed, long maxCacheBytes)
    {
        var random = new Random(seed);
        var harness = new StoreHarness(
            () => new SessionStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, Retention), maxCacheBytes);
        var now = new Dictionary<(string Key, long Start, long End), string>();
        var committed = new Dictionary<(string Key, long Start, long End), string>();
        var (streamTime, committedTime) = (-1L, -1L);
        for (var step = 0; step < 1_500; step++)
        {
            var store = (SessionStore<string, string>)harness.Store;
            var live = Math.Max(0, streamTime - Retention + 1);
            var key = "k" + new string('\0', random.Next(10)) + random.Next(2);
            var end = Math.Max(0, streamTime + random.Next(60_000) - random.Next(120_000)) / 10_000 * 10_000;
            var session = (key, Start: Math.Max(0, end - (random.Next(5) * 10_000)), end);
            switch (random.Next(100))
            {
                case < 60:
                    var value = random.Next(4) == 0 ? null : $"{step}";
                    ref var entry = ref store.Find(key, session.Start, end);
                    Assert.Equal(end >= live && now.ContainsKey(session), entry.HasValue);
                    var accepted = store.Set(ref entry, value!, value is not null, step, headers: null);
                    Assert.Equal(end >= live, accepted);
                    if (accepted)
                    {
                        streamTime = Math.Max(streamTime, end);
                        now.Remove(session);
                        if (value is not null)
                        {
                            now.Add(session, value);
                        }
                    }

                    break;
                case < 85:
                    var latestStart = end + 20_000;
                    Assert.Equal(
                        now.Where(p => p.Key.Key == key && p.Key.End >= Math.Max(live, end) && p.Key.Start <= latestStart)
                            .OrderBy(p => p.Key.End).ThenBy(p => p.Key.Start).Select(p => p.Value),
                        store.FindSessions(key, end, latestStart).Select(p => p.Value));
                    var committedLive = Math.Max(0, committedTime - Retention + 1);
                    Assert.Equal(
                        committed.Where(p => p.Key.Key == key && p.Key.End >= Math.Max(committedLive, end) && p.Key.Start <= latestStart)
                            .OrderBy(p => p.Key.End).ThenBy(p => p.Key.Start).Select(p => p.Value),
                        ((SessionView<string, string>)store.View(harness.Identity))
                            .FindSessions(key, end, latestStart).Select(p => p.Value));
                    break;
                case < 93:
                    harness.Commit();
                    (committed, committedTime) = (new(now), streamTime);
                    break;
                case < 96:
                    harness.Reopen();
                    (now, streamTime) = (new(committed), committedTime);
                    break;
                case < 98:
                    harness.Rollback();
                    (now, streamTime) = (new(committed), committedTime);
                    break;
                default:
                    harness.Restore(recordsPerBatch: 1 + random.Next(40));
                    (now, streamTime) = (new(committed), committedTime);
                    break;
            }

            Assert.Equal(streamTime, ((SessionStore<string, string>)harness.Store).StreamTime);
        }

        harness.Commit();
        Assert.Equal(
            now.Where(p => p.Key.End > streamTime - Retention).Select(p => p.Value).Order(StringComparer.Ordinal),
            ((SessionStore<string, string>)harness.Store).All().Select(p => p.Value).Order(StringComparer.Ordinal));
    }

    private void Put(string key, long start, long end, string? value, long timestamp) =>
        Assert.True(Store.Set(ref Store.Find(key, start, end), value!, value is not null, timestamp, headers: null));
}
