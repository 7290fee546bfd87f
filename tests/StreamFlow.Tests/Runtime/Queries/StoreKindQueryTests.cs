using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>Every kind of store can be read, committed or not.</summary>
public sealed class StoreKindQueryTests
{
    [Theory]
    [InlineData(ReadIsolation.Committed)]
    [InlineData(ReadIsolation.Uncommitted)]
    public async Task Windows_are_read_by_key_and_time(ReadIsolation isolation)
    {
        await using var harness = new AppHarness(("in", 2));
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").GroupByKey()
                .WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100)))
                .Count(new() { Name = "windows" }),
            options => Commits(options, isolation));
        var windows = application.Stores.Window<string, long>("windows", new() { Isolation = isolation, ChecksPlaceOfKeys = false });
        harness.Send("in", 0, "a", "x", 1);
        harness.Send("in", 0, "a", "x", 12);
        harness.Send("in", 0, "a", "x", 13);
        harness.Send("in", 1, "b", "x", 25);
        await Until(() => windows.All().Sum(row => row.Value.Value) == 4);

        Assert.True(windows.TryFetch("a", 10, out var count));
        Assert.Equal(2, count);
        Assert.False(windows.TryFetch("a", 20, out _));
        Assert.Equal([(0, 1), (10, 2)], windows.Fetch("a", 0, 10).Select(row => (row.Key, row.Value.Value)));
        Assert.Equal([(10, 2), (0, 1)], windows.Fetch("a", 0, 10, reverse: true).Select(row => (row.Key, row.Value.Value)));
        Assert.Equal(["a@10", "b@20"], windows.FetchAll(10, 20).Select(Name));
        Assert.Equal(["b@20", "a@10"], windows.FetchAll(10, 20, reverse: true).Select(Name));
        Assert.Equal(["b@20"], windows.Fetch(KeyRange.From("b"), 0, 100).Select(Name));
    }

    [Theory]
    [InlineData(ReadIsolation.Committed)]
    [InlineData(ReadIsolation.Uncommitted)]
    public async Task Sessions_are_read_by_key_and_time(ReadIsolation isolation)
    {
        await using var harness = new AppHarness(("in", 2));
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").GroupByKey()
                .WindowedBy(SessionWindows.Of(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(100)))
                .Count(new() { Name = "sessions" }),
            options => Commits(options, isolation));
        var sessions = application.Stores.Session<string, long>("sessions", new() { Isolation = isolation, ChecksPlaceOfKeys = false });
        harness.Send("in", 0, "a", "x", 1);
        harness.Send("in", 0, "a", "x", 4);
        harness.Send("in", 0, "a", "x", 20);
        harness.Send("in", 1, "b", "x", 8);
        await Until(() => sessions.All().Sum(row => row.Value) == 4);

        Assert.True(sessions.TryFetchSession("a", 1, 4, out var count));
        Assert.Equal(2, count);
        Assert.False(sessions.TryFetchSession("a", 1, 5, out _));
        Assert.Equal([1, 20], sessions.Fetch("a").Select(row => row.Key.Window.Start));
        Assert.Equal([20, 1], sessions.Fetch("a", reverse: true).Select(row => row.Key.Window.Start));
        Assert.Equal([1, 8], sessions.FindSessions(KeyRange.All<string>(), 0, 10).Select(row => row.Key.Window.Start).Order());
        Assert.Equal([20], sessions.FindSessions("a", 10, 30).Select(row => row.Key.Window.Start));
    }

    [Theory]
    [InlineData(ReadIsolation.Committed)]
    [InlineData(ReadIsolation.Uncommitted)]
    public async Task Versions_and_lists_are_read(ReadIsolation isolation)
    {
        await using var harness = new AppHarness(("rows", 1), ("in", 1));
        var application = await harness.StartAsync(
            builder =>
            {
                builder.Table<string, string>("rows", materialized: new() { Name = "versions", History = TimeSpan.FromSeconds(1) });
                builder.AddStateStore(new ListStoreBuilder<string, string>("lists"));
                builder.Stream<string, string>("in").Process(() => new Collect(), new() { StoreNames = ["lists"] });
            },
            options => Commits(options, isolation));
        var options = new StoreQueryOptions { Isolation = isolation };
        var versions = application.Stores.Versioned<string, string>("versions", options);
        var lists = application.Stores.List<string, string>("lists", options);
        harness.Send("rows", 0, "a", "old", 10);
        harness.Send("rows", 0, "a", "new", 20);
        harness.Send("in", 0, "a", "1");
        harness.Send("in", 0, "a", "2");
        await Until(() => versions.TryGet("a", out var now) && now.Value == "new" && lists.Get("a").Count == 2);

        Assert.True(versions.TryGet("a", 15, out var before));
        Assert.Equal(("old", 10), (before.Value, before.Timestamp));
        Assert.False(versions.TryGet("a", 5, out _));
        Assert.Equal(["1", "2"], lists.Get("a"));
        Assert.Empty(lists.Get("b"));
        Assert.Equal(["1", "2"], Assert.Single(lists.All()).Value);
        Assert.Empty(lists.Range(KeyRange.From("b")));
    }

    [Fact]
    public async Task Global_stores_are_read_at_every_instance()
    {
        await using var harness = new AppHarness(("rows", 3), ("in", 1));
        for (var i = 0; i < 30; i++)
        {
            harness.Send("rows", i % 3, $"k{i:D2}", $"row {i}");
        }

        var application = await harness.StartAsync(builder =>
        {
            var rows = builder.GlobalTable<string, string>("rows", materialized: new() { Name = "rows" });
            builder.Stream<string, string>("in").LeftJoin(rows, (id, _) => id, (_, row) => row?.Value).ForEach((_, _) => { });
        });
        var rows = application.Stores.KeyValue<string, string>("rows", new() { Isolation = ReadIsolation.Uncommitted });

        Assert.True(rows.TryGet("k17", out var row));
        Assert.Equal("row 17", row);
        Assert.False(rows.TryGet("nobody", out _));
        Assert.Equal(30, rows.All().Count());
        Assert.True(application.Stores.PlaceOf("rows", "anything").IsHere);
        Assert.Empty(await application.Stores.MembersAsync("rows"));
    }

    private static void Commits(StreamFlowOptions options, ReadIsolation isolation) => options.CommitInterval =
        isolation == ReadIsolation.Committed ? TimeSpan.FromMilliseconds(20) : TimeSpan.FromMinutes(10);

    private static Task Until(Func<bool> condition) => AppHarness.Until(
        () =>
        {
            try
            {
                return condition();
            }
            catch (StoreQueryException exception) when (exception.IsTransient)
            {
                return false;
            }
        },
        "all in the store");

    private static string Name(KeyValuePair<Windowed<string>, ValueAndTimestamp<long>> row) =>
        $"{row.Key.Key}@{row.Key.Window.Start}";

    private sealed class Collect : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) =>
            Context.GetStateStore<IListStore<string, string>>("lists").Add(record.Key, record.Value, record.Timestamp);
    }
}
