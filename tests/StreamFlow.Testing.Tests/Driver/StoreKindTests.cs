using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>Stores of every kind that processors can have, read through the driver.</summary>
public sealed class StoreKindTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Lists_and_stores_with_headers_are_listed_and_read()
    {
        using var driver = Driver();

        Assert.Equal(
            [
                new StateStoreInfo("l", StateStoreKind.List, typeof(string), typeof(string)),
                new StateStoreInfo("r", StateStoreKind.KeyValue, typeof(string), typeof(string)),
                new StateStoreInfo("se", StateStoreKind.Session, typeof(string), typeof(string)),
                new StateStoreInfo("w", StateStoreKind.Window, typeof(string), typeof(string)),
            ],
            driver.StateStores);
        Assert.Equal(["v", "v2"], driver.GetListStore<string, string>("l").Get("k"));
        Assert.True(driver.GetKeyValueStoreWithHeaders<string, string>("r").TryGetWithHeaders("k", out var row));
        Assert.True(driver.GetWindowStoreWithHeaders<string, string>("w").TryFetchWithHeaders("k", 6, out var window));
        Assert.True(driver.GetSessionStoreWithHeaders<string, string>("se").TryFetchSessionWithHeaders("k", 6, 6, out var session));
        Assert.Equal(("v2", "h"), (row.Value, Assert.Single(row.Headers!).Key));
        Assert.Equal(("v2", 6, "h"), (window.Value, window.Timestamp, Assert.Single(window.Headers!).Key));
        Assert.Equal(("v2", "h"), (session.Value, Assert.Single(session.Headers!).Key));
    }

    [Fact]
    public void Stores_with_headers_are_read_without_them_too_and_by_ranges_of_keys()
    {
        using var driver = Driver();

        Assert.Equal(2, driver.GetWindowStore<string, string>("w").Fetch(KeyRange.To("k"), 0, 10).Count());
        Assert.Equal(2, driver.GetSessionStore<string, string>("se").Fetch(KeyRange.From("k"), reverse: true).Count());
        Assert.Empty(driver.GetSessionStore<string, string>("se").Fetch(KeyRange.From("ka")));
        Assert.True(driver.GetKeyValueStore<string, string>("r").TryGet("k", out _));
    }

    [Fact]
    public void List_asked_for_as_another_kind_tells_the_right_one()
    {
        using var driver = Driver();

        var error = Assert.Throws<ArgumentException>(() => driver.GetWindowStoreWithHeaders<string, string>("l"));

        Assert.Contains("GetListStore<String, String>(\"l\")", error.Message, StringComparison.Ordinal);
    }

    private static TopologyTestDriver Driver()
    {
        var driver = new TopologyTestDriver(new Topology()
            .AddSource<string, string>("s", "in")
            .AddProcessor("p", () => new Keep(), "s")
            .AddStateStore(new ListStoreBuilder<string, string>("l"), "p")
            .AddStateStore(new KeyValueStoreWithHeadersBuilder<string, string>("r"), "p")
            .AddStateStore(new WindowStoreWithHeadersBuilder<string, string>("w", Second, Second), "p")
            .AddStateStore(new SessionStoreWithHeadersBuilder<string, string>("se", Second), "p"));
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        input.Pipe("k", "v", 5L);
        input.Pipe("k", "v2", 6L, Headers.Empty.With("h", "1"));
        return driver;
    }

    private sealed class Keep : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
            var (key, value, time, headers) = (record.Key, record.Value, record.Timestamp, record.Headers);
            Context.GetStateStore<IListStore<string, string>>("l").Add(key, value, time);
            Context.GetStateStore<IKeyValueStoreWithHeaders<string, string>>("r").Put(key, value, time, headers);
            Context.GetStateStore<IWindowStoreWithHeaders<string, string>>("w").Put(key, time, value, time, headers);
            Context.GetStateStore<ISessionStoreWithHeaders<string, string>>("se")
                .Put(new Windowed<string>(key, new Window(time, time)), value, headers);
        }
    }
}
