using System.Globalization;
using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>The stores that processors have; where a test has the name of a scenario, Kafka Streams did the same.</summary>
public sealed class StoreTests
{
    [Fact]
    public void Lru_store_keeps_the_keys_used_last_and_its_changelog_says_so()
    {
        var harness = Harness("in", new LruStoreBuilder<string, string>("st", 2), (store, r) =>
        {
            if (r.Value == "get")
            {
                store.TryGet(r.Key, out _);
            }
            else
            {
                store.Put(r.Key, r.Value, r.Timestamp);
            }
        });

        foreach (var (key, value) in new[] { ("a", "1"), ("b", "1"), ("a", "get"), ("c", "1") })
        {
            harness.Pipe("in", key, value, 1);
        }

        var state = new SortedDictionary<string, string?>();
        foreach (var record in harness.Take("app-st-changelog"))
        {
            state[Encoding.UTF8.GetString(record.Key!)] = record.Value is null ? null : Encoding.UTF8.GetString(record.Value);
        }

        Assert.Equal([("a", "1"), ("b", null), ("c", "1")], state.Select(row => (row.Key, row.Value)));
    }

    [Fact]
    public void Lru_store_goes_on_after_a_restart_with_a_smaller_number()
    {
        var backends = new Dictionary<string, InMemoryBackend>();
        var first = Harness("in", new LruStoreBuilder<string, string>("st", 3), Put, backends);
        foreach (var key in new[] { "c", "a", "b" })
        {
            first.Pipe("in", key, "1", 1);
        }

        var rows = new List<string>();
        var second = Harness("in", new LruStoreBuilder<string, string>("st", 2), (store, r) =>
        {
            rows.Add($"{store.ApproximateCount}");
            Put(store, r);
            rows.AddRange(store.All().Select(row => row.Key));
        }, backends);
        second.Pipe("in", "d", "1", 2);

        // What was used when is not part of the state: keys count as used in the order of their bytes.
        Assert.Equal(["3", "c", "d"], rows);
    }

    [Fact]
    public void Lru_store_refuses_no_room() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LruStoreBuilder<string, string>("st", 0));

    [Fact]
    public void Store_with_headers_has_them_after_a_restart_and_in_ranges()
    {
        var backends = new Dictionary<string, InMemoryBackend>();
        var first = Harness("in", new KeyValueStoreWithHeadersBuilder<string, string>("st"),
            (store, r) => store.Put(r.Key, r.Value, r.Timestamp, r.Headers), backends);
        first.Pipe("in", "b", "1", 5, Headers.Empty.With("h", "x"));
        first.Pipe("in", "a", "2", 6);

        var rows = new List<string>();
        var second = Harness("in", new KeyValueStoreWithHeadersBuilder<string, string>("st"), (store, r) =>
        {
            rows.AddRange(store.AllWithHeaders().Concat(store.RangeWithHeaders("b", null, reverse: true)).Select(row =>
                $"{row.Key}={row.Value.Value}@{row.Value.Timestamp} {row.Value.Headers?.Count ?? 0}"));
            Assert.True(store.Delete("b", r.Timestamp, r.Headers));
            Assert.False(store.Delete("nobody", r.Timestamp, r.Headers));
            Assert.False(store.TryGetWithHeaders("b", out _));
        }, backends);
        second.Pipe("in", "k", "v", 7, Headers.Empty.With("why", "test"));

        Assert.Equal(["a=2@6 0", "b=1@5 1", "b=1@5 1"], rows);
        var tombstone = Assert.Single(second.Take("app-st-changelog"));
        Assert.Equal((null, "why"), (tombstone.Value, Assert.Single(tombstone.Headers!).Key));
    }

    [Fact]
    public void Window_and_session_stores_with_headers_have_them_after_a_restart()
    {
        var backends = new Dictionary<string, InMemoryBackend>();
        var windows = new WindowStoreWithHeadersBuilder<string, string>("w", Ms(10), Ms(100));
        var sessions = new SessionStoreWithHeadersBuilder<string, string>("se", Ms(100));
        var first = Harness("in", windows, (store, r) => store.Put(r.Key, r.Timestamp, r.Value, r.Timestamp, r.Headers), backends);
        first.Pipe("in", "k", "1", 5, Headers.Empty.With("h", "x"));
        var second = Harness("in", sessions, (store, r) => store.Put(Session(r.Key, 1, r.Timestamp), r.Value, r.Headers), backends);
        second.Pipe("in", "k", "2", 6, Headers.Empty.With("h", "y"));

        var rows = new List<string>();
        Harness("in", windows, (store, _) =>
        {
            Assert.True(store.TryFetchWithHeaders("k", 5, out var row));
            rows.Add($"{row.Value}@{row.Timestamp} {row.Headers?.Count}");
            rows.AddRange(store.FetchWithHeaders("k", 0, 9).Select(r => $"{r.Key}={r.Value.Value} {r.Value.Headers?.Count}"));
            Assert.Equal("1", Assert.Single(store.Fetch("k", 0, 9)).Value.Value);
            store.Put("k", 7, "3", 7);
            Assert.True(store.TryFetchWithHeaders("k", 7, out row));
            Assert.Null(row.Headers);
            Assert.True(store.Delete("k", 5, 8, Headers.Empty.With("why", "test")));
        }, backends).Pipe("in", "k", "v", 7);
        Harness("in", sessions, (store, r) =>
        {
            Assert.True(store.TryFetchSessionWithHeaders("k", 1, 6, out var row));
            rows.Add($"{row.Value} {row.Headers?.Count}");
            Assert.True(store.TryFetchSession("k", 1, 6, out var value));
            Assert.Equal("2", value);
            Assert.False(store.TryFetchSession("k", 1, 7, out _));
            Assert.Throws<ArgumentOutOfRangeException>(() => store.TryFetchSession("k", 2, 1, out _));
        }, backends).Pipe("in", "k", "v", 7);

        Assert.Equal(["1@5 1", "5=1 1", "2 1"], rows);
    }

    [Fact]
    public void Windows_and_sessions_are_found_by_ranges_of_keys()
    {
        var seen = new List<string>();
        Harness("in", new WindowStoreBuilder<string, string>("w", Ms(10), Ms(100)), (store, r) =>
        {
            foreach (var key in new[] { "c", "a", "ab", "b" })
            {
                store.Put(key, 10, key, r.Timestamp);
                store.Put(key, 20, key, r.Timestamp);
            }

            seen.Add(Windows(store.Fetch(KeyRange.Between("a", "b"), 0, 10)));
            seen.Add(Windows(store.Fetch(KeyRange.Between("a", "b"), 0, 10, reverse: true)));
            seen.Add(Windows(store.Fetch(KeyRange.From("b"), 11, 30)));
            seen.Add(Windows(store.Fetch(KeyRange.To("a"), 0, 30)));
            seen.Add(Windows(store.Fetch(KeyRange.Between<string>(null, "a"), 0, 30)));
            seen.Add(Windows(store.Fetch(KeyRange.Between("b", "a"), 0, 30)));
            seen.Add($"{store.Fetch(KeyRange.All<string>(), 0, 30).Count()}");
        }).Pipe("in", "k", "v", 1);
        Harness("in", new SessionStoreBuilder<long, string>("se", Ms(100)), (store, _) =>
        {
            for (var key = -1L; key <= 2; key++)
            {
                store.Put(new Windowed<long>(key, new Window(1, 5)), $"{key}");
            }

            // In the order of the bytes negative numbers come after positive ones.
            seen.Add(string.Join(' ', store.Fetch(KeyRange.From(1L)).Select(row => row.Key.Key)));
            seen.Add(string.Join(' ', store.FindSessions(KeyRange.Between(0L, 1L), 5, 1, reverse: true).Select(row => row.Key.Key)));
            seen.Add(string.Join(' ', store.FindSessions(KeyRange.Between(0L, 1L), 6, 9).Select(row => row.Key.Key)));
        }).Pipe("in", "k", "v", 1);

        Assert.Equal(
            [
                "[a@10]=a [ab@10]=ab [b@10]=b", "[b@10]=b [ab@10]=ab [a@10]=a", "[b@20]=b [c@20]=c", "[a@10]=a [a@20]=a",
                "[a@10]=a [a@20]=a", "", "8", "1 2 -1", "1 0", "",
            ],
            seen);
    }

    [Fact]
    public void List_store_keeps_values_in_their_order_over_a_restart()
    {
        var backends = new Dictionary<string, InMemoryBackend>();
        var builder = new ListStoreBuilder<string, string>("st");
        var first = Harness("in", builder, (store, r) => store.Add(r.Key, r.Value, r.Timestamp), backends);
        foreach (var (key, value) in new[] { ("b", "2"), ("a", "1"), ("b", "1"), ("b", "2") })
        {
            first.Pipe("in", key, value, 5);
        }

        Assert.Equal(
            ["01000000010000000132", "01000000010000000131", "0100000002000000013200000001" + "31"],
            first.Take("app-st-changelog").Take(3).Select(r => Convert.ToHexStringLower(r.Value!)));
        var seen = new List<string>();
        Harness("in", builder, (store, r) =>
        {
            var before = store.Get("b");
            seen.Add(string.Join(' ', store.All(reverse: true).Select(row => $"{row.Key}={string.Join(',', row.Value)}")));
            seen.Add(string.Join(' ', store.Range(KeyRange.To("a")).Select(row => row.Key)));
            Assert.True(store.Delete("b", r.Timestamp));
            Assert.False(store.Delete("b", r.Timestamp));
            Assert.Empty(store.Get("b"));
            Assert.Equal(["2", "1", "2"], before);
            Assert.Throws<ArgumentNullException>(() => store.Add("b", null!, r.Timestamp));
        }, backends).Pipe("in", "k", "v", 7);

        Assert.Equal(["b=2,1,2 a=1", "a"], seen);
    }

    [Fact]
    public void Ranges_are_open_where_nothing_is_said_also_of_value_types()
    {
        var seen = new List<string>();
        var harness = Harness<IKeyValueStore<long, string>>("in", new KeyValueStoreBuilder<long, string>("st"), (store, r) =>
        {
            for (var key = 1L; key <= 3; key++)
            {
                store.Put(key, "v", r.Timestamp);
            }

            seen.Add(Keys(store.RangeFrom(2)));
            seen.Add(Keys(store.RangeTo(2, reverse: true)));
            seen.Add(Keys(store.Range(2, 2)));
            seen.Add(Keys(store.Range(3, 1)));
        });

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal(["2 3", "2 1", "2", ""], seen);
    }

    [Fact]
    public void C78_versions_are_found_by_time()
    {
        var seen = new List<string>();
        var harness = Harness<IVersionedKeyValueStore<string, string>>(
            "in", new VersionedStoreBuilder<string, string>("vs", TimeSpan.FromMilliseconds(300000)), (s, _) =>
            {
                Assert.All(
                    new[] { ("v1", 0L), ("v2", 10), ("mid", 5), ("mid2", 5) }, put => Assert.True(s.Put("k", put.Item1, put.Item2)));
                seen.Add($"{At(s, 7)} {At(s, 4)} {At(s, 10)} {At(s, null)}");
                Assert.True(s.Delete("k", 7));
                seen.Add($"{At(s, 8)} {At(s, 6)}");
                Assert.True(s.Put("k", null!, 20));
                seen.Add($"{At(s, null)} {At(s, 15)}");
                s.Put("j", "x", 400000);
                seen.Add($"{s.Put("k", "old", 99999)} {At(s, 15)} {s.Put("k", "edge", 100000)} {At(s, null)} {At(s, 100000)} {At(s, 99999)}");
            });

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal(
            ["<mid2,5> <v1,0> <v2,10> <v2,10>", "null <mid2,5>", "null <v2,10>", "False null True <edge,100000> <edge,100000> null"], seen);
        Assert.Equal(1, harness.DroppedBy(DropReason.Expired));

        static string At(IVersionedKeyValueStore<string, string> store, long? time) =>
            (time is { } asOf ? store.TryGet("k", asOf, out var row) : store.TryGet("k", out row)) ? $"<{row.Value},{row.Timestamp}>" : "null";
    }

    [Theory]
    [InlineData(false, "10=b2", "[j@5]=c [k@10]=b2")]
    [InlineData(true, "0=a 10=b 10=b2", "[j@5]=c [k@0]=a [k@10]=b [k@10]=b2")]
    public void C90_windows_are_found_by_time_and_expire(bool duplicates, string fetched, string all)
    {
        var seen = new List<string>();
        var builder = new WindowStoreBuilder<string, string>("w", TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100))
        {
            KeepsTimestamps = false,
            KeepsDuplicates = duplicates,
        };
        var harness = Harness<IWindowStore<string, string>>("in", builder, (s, _) =>
        {
            s.Put("k", 0, "a", 1);
            s.Put("k", 10, "b", 1);
            s.Put("k", 10, "b2", 1);
            if (!duplicates)
            {
                s.Put("k", 0, null!, 1);
            }

            s.Put("j", 5, "c", 1);
            seen.Add(Starts(s.Fetch("k", 0, 10)));
            seen.Add(Starts(s.Fetch("k", 0, 10, reverse: true)));
            seen.Add(Windows(s.FetchAll(0, 10)));
            seen.Add(Windows(s.FetchAll(0, 10, reverse: true)));
            s.Put("k", 110, "z", 1);
            seen.Add(Starts(s.Fetch("k", 0, 200)));
            Assert.False(s.Put("k", 10, "late", 1));
            s.Put("k", 111, "z", 1);
            seen.Add(Starts(s.Fetch("k", 0, 200)));
        });

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal(
            [fetched, Reversed(fetched), all, Reversed(all), "110=z", "110=z 111=z"], seen);
        Assert.Equal(1, harness.DroppedBy(DropReason.Expired));
    }

    [Fact]
    public void C91_sessions_are_found_by_time_also_backwards_and_expire()
    {
        var seen = new List<string>();
        var harness = Harness<ISessionStore<string, string>>(
            "in", new SessionStoreBuilder<string, string>("se", TimeSpan.FromMilliseconds(100)), (s, _) =>
            {
                foreach (var (key, start, end, value) in new[]
                    { ("k", 0L, 5L, "A"), ("k", 10, 20, "B"), ("k", 12, 20, "C"), ("j", 1, 2, "J") })
                {
                    s.Put(Session(key, start, end), value);
                }

                seen.Add(Sessions(s.FindSessions("k", 5, 10)));
                seen.Add(Sessions(s.FindSessions("k", 6, 10)));
                seen.Add(Sessions(s.FindSessions("k", 5, 9)));
                seen.Add(Sessions(s.Fetch("k")));
                seen.Add(Sessions(s.Fetch("k", reverse: true)));
                seen.Add(Sessions(s.FindSessions("k", 0, 100, reverse: true)));
                s.Delete(Session("k", 10, 20));
                seen.Add(Sessions(s.Fetch("k")));
                s.Put(Session("k", 100, 105), "Z");
                seen.Add(Sessions(s.FindSessions("k", 0, 1000)));
                Assert.False(s.Put(Session("k", 0, 5), "late"));
                seen.Add(Sessions(s.FindSessions("k", 0, 1000)));
            });

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal(
            [
                "[k@0/5]=A [k@10/20]=B",
                "[k@10/20]=B",
                "[k@0/5]=A",
                "[k@0/5]=A [k@10/20]=B [k@12/20]=C",
                "[k@12/20]=C [k@10/20]=B [k@0/5]=A",
                "[k@12/20]=C [k@10/20]=B [k@0/5]=A",
                "[k@0/5]=A [k@12/20]=C",
                "[k@12/20]=C [k@100/105]=Z",
                "[k@12/20]=C [k@100/105]=Z",
            ],
            seen);
    }

    private static void Put(IKeyValueStore<string, string> store, Record<string, string> record) =>
        store.Put(record.Key, record.Value, record.Timestamp);

    private static TaskHarness Harness<TStore>(
        string topic, StoreBuilder<TStore> builder, Action<TStore, Record<string, string>> process,
        Dictionary<string, InMemoryBackend>? backends = null)
        where TStore : class
    {
        var described = new StreamsBuilder();
        described.Stream<string, string>(topic).Process(
            () => new Using<TStore>(builder.Name, process), new() { Stores = [builder] }).To("out");
        return new TaskHarness(described.Build(), backends: backends);
    }

    private static string Keys<TKey>(IEnumerable<KeyValuePair<TKey, ValueAndTimestamp<string>>> rows) =>
        string.Join(' ', rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Key}")));

    private static string Starts(IEnumerable<KeyValuePair<long, ValueAndTimestamp<string>>> rows) =>
        string.Join(' ', rows.Select(row => $"{row.Key}={row.Value.Value}"));

    private static string Windows(IEnumerable<KeyValuePair<Windowed<string>, ValueAndTimestamp<string>>> rows) =>
        string.Join(' ', rows.Select(row => $"[{row.Key.Key}@{row.Key.Window.Start}]={row.Value.Value}"));

    private static string Sessions(IEnumerable<KeyValuePair<Windowed<string>, string>> rows) =>
        string.Join(' ', rows.Select(row => $"[{row.Key.Key}@{row.Key.Window.Start}/{row.Key.Window.End}]={row.Value}"));

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static Windowed<string> Session(string key, long start, long end) => new(key, new Window(start, end));

    private static string Reversed(string list) => string.Join(' ', list.Split(' ').Reverse());

    private sealed class Using<TStore>(string name, Action<TStore, Record<string, string>> process)
        : ContextualProcessor<string, string, string, string>
        where TStore : class
    {
        public override void Process(Record<string, string> record) => process(Context.GetStateStore<TStore>(name), record);
    }
}
