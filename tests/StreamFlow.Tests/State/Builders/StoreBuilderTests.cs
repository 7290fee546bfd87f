using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Every kind of store is described by a builder, and written by processors through an interface.</summary>
public class StoreBuilderTests
{
    [Fact]
    public void Key_value_store_is_written_through_its_interface()
    {
        var (harness, store) = Open(new KeyValueStoreBuilder<string, string>("s"));
        store.Put("a", "1", 5);
        Assert.False(store.PutIfAbsent("a", "2", 6));
        Assert.True(store.PutIfAbsent("b", "3", 7));
        harness.Commit();
        Assert.True(store.Delete("a", 8));
        Assert.False(store.Delete("a", 9));
        store.Put("b", null!, 10);
        store.Put("c", "4", 11);
        harness.Commit();

        Assert.Equal(["c=4@11"], store.All().Select(p => $"{p.Key}={p.Value.Value}@{p.Value.Timestamp}"));
        Assert.Equal(
            ["key=61 val=31 ts=5", "key=62 val=33 ts=7", "key=61 val=null ts=8", "key=62 val=null ts=10", "key=63 val=34 ts=11"],
            harness.Changelog.Records.Select(r => r.ToString()));
        Assert.Throws<ArgumentNullException>(() => store.Put(null!, "v", 1));
    }

    [Fact]
    public void Key_value_store_without_timestamps_keeps_none()
    {
        var (harness, store) = Open(new KeyValueStoreBuilder<string, string>("s") { KeepsTimestamps = false });
        store.Put("a", "1", 5);
        harness.Commit();
        Assert.Equal("31", harness.Dump()["61"]);
    }

    [Fact]
    public void Window_store_is_written_through_its_interface()
    {
        var (harness, store) = Open(
            new WindowStoreBuilder<string, string>("s", TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100)));
        Assert.True(store.Put("k", 10, "a", 12));
        Assert.True(store.Put("k", 20, "b", 21));
        Assert.True(store.Delete("k", 10, 22));
        harness.Commit();
        Assert.Equal(
            new KeyValuePair<Windowed<string>, ValueAndTimestamp<string>>(new("k", new Window(20, 30)), new("b", 21)),
            Assert.Single(store.All()));
        Assert.True(store.Put("k", 20, null!, 23));
        Assert.Empty(store.All());
        Assert.True(store.Put("k", 500, "c", 500));
        Assert.False(store.Put("k", 20, "late", 24));
        Assert.Equal(["expired"], harness.Dropped);
    }

    [Fact]
    public void Window_store_with_duplicates_has_all_values_and_deletes_none()
    {
        var (_, store) = Open(
            new WindowStoreBuilder<string, string>("s", TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100))
            {
                KeepsDuplicates = true,
                KeepsTimestamps = false,
            });
        store.Put("k", 10, "a", 12);
        store.Put("k", 10, "b", 12);
        Assert.Equal(["a", "b"], store.Fetch("k", 0, 100).Select(p => p.Value.Value));
        var error = Assert.Throws<InvalidOperationException>(() => store.Put("k", 10, null!, 13));
        Assert.Contains("'s' keeps duplicates", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => store.Delete("k", 10, 13));
    }

    [Fact]
    public void Session_store_is_written_through_its_interface()
    {
        var (harness, store) = Open(new SessionStoreBuilder<string, string>("s", TimeSpan.FromSeconds(1)));
        Assert.True(store.Put(new("k", new Window(5, 9)), "a"));
        Assert.True(store.Put(new("k", new Window(20, 30)), "b"));
        Assert.True(store.Delete(new("k", new Window(5, 9))));
        harness.Commit();
        Assert.Equal("b", Assert.Single(store.Fetch("k")).Value);
        Assert.True(store.Put(new("k", new Window(20, 30)), null!));
        Assert.Empty(store.Fetch("k"));
        Assert.True(store.Put(new("k", new Window(5000, 5000)), "c"));
        Assert.False(store.Put(new("k", new Window(5, 9)), "late"));
    }

    [Fact]
    public void Versioned_store_is_written_through_its_interface()
    {
        var (harness, store) = Open(new VersionedStoreBuilder<string, string>("s", TimeSpan.FromSeconds(1)));
        Assert.True(store.Put("k", "a", 10));
        Assert.True(store.Put("k", "b", 20));
        Assert.True(store.Delete("k", 30));
        Assert.True(store.Put("k", null!, 5));
        harness.Commit();
        Assert.False(store.TryGet("k", out _));
        Assert.False(store.TryGet("k", 9, out _));
        Assert.True(store.TryGet("k", 29, out var value));
        Assert.Equal(new ValueAndTimestamp<string>("b", 20), value);
        Assert.True(store.Put("k", "c", 5000));
        Assert.False(store.Put("k", "late", 10));
    }

    [Fact]
    public void List_store_and_buffer_have_builders_too()
    {
        var (_, lists) = Open(new ListStoreBuilder<string, string>("s"));
        lists.Add("k", "a", 1);
        Assert.Equal("a", Assert.Single(lists.Get("k")));
        var (_, buffer) = Open(new TimeOrderedBufferBuilder<string, string>("s"));
        buffer.Put("k", "a", 1, 1, headers: null);
        Assert.Equal(1, buffer.OldestTime);
    }

    [Fact]
    public void Plan_has_what_the_builder_says()
    {
        var plain = Plan(new KeyValueStoreBuilder<string, string>("s"));
        Assert.Equal((true, true), (plain.IsPersistent, plain.IsLogged));
        Assert.Equal("compact", plain.ChangelogConfigs["cleanup.policy"]);
        Assert.DoesNotContain("retention.ms", plain.ChangelogConfigs.Keys);

        var sessions = Plan(new SessionStoreBuilder<string, string>("s", TimeSpan.FromMilliseconds(7))
        {
            LoggingEnabled = false,
            StoreType = StoreType.InMemory,
            TopicConfigs = new Dictionary<string, string> { ["segment.ms"] = "9" },
        });
        Assert.Equal((false, false), (sessions.IsPersistent, sessions.IsLogged));
        Assert.Equal(
            "cleanup.policy=compact,delete message.timestamp.after.max.ms=9223372036854775807 "
            + "message.timestamp.before.max.ms=9223372036854775807 message.timestamp.type=CreateTime retention.bytes=-1 "
            + "retention.ms=-1 segment.ms=9",
            string.Join(' ', sessions.ChangelogConfigs.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={c.Value}")));
        Assert.Equal(
            "-1",
            Plan(new WindowStoreBuilder<string, string>("s", TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(100)))
                .ChangelogConfigs["retention.ms"]);
    }

    [Fact]
    public void Missing_serde_is_told_when_the_topology_is_built()
    {
        var error = Assert.Throws<TopologyException>(() => Plan(new KeyValueStoreBuilder<string, Uri>("s")));
        Assert.Contains("System.Uri for the values of store s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Custom_builder_is_asked_for_each_task_with_the_name_of_the_changelog()
    {
        var topics = new List<string>();
        var definition = Plan(new Custom<StateStore>("s", setup =>
        {
            topics.Add(setup.ChangelogTopic);
            return new KeyValueStore<string, long>(
                "s", setup.KeySerde<string>(), setup.ValueSerde(Serdes.Int64), timestamped: false);
        }));
        Assert.IsType<KeyValueStore<string, long>>(definition.Create("app-s-changelog"));
        Assert.Equal(["s-changelog", "app-s-changelog"], topics);
    }

    [Fact]
    public void Builder_that_makes_something_else_is_refused_when_the_topology_is_built()
    {
        var error = Assert.Throws<TopologyException>(() => Plan(new Custom<string>("s", _ => "text")));
        Assert.Contains("'s' has made a System.String", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TopologyException>(() => Plan(new Custom<string>("s", _ => null!)));
        Assert.Contains("'s' has made nothing", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TopologyException>(() => Plan(new Custom<StateStore>(
            "s", _ => new KeyValueStore<string, string>("other", Serdes.String, Serdes.String, timestamped: true))));
        Assert.Contains("'s' has made a store named 'other'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Times_that_make_no_sense_are_refused()
    {
        var (none, second, hour) = (TimeSpan.FromTicks(9), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        var error = Assert.Throws<ArgumentException>(() => new WindowStoreBuilder<string, string>("s", hour, second));
        Assert.Contains("'s' is 00:00:01, less than its windows of 01:00:00", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new WindowStoreBuilder<string, string>("s", none, second));
        Assert.Throws<ArgumentException>(() => new SessionStoreBuilder<string, string>("s", -second));
        Assert.Throws<ArgumentException>(() => new VersionedStoreBuilder<string, string>("s", TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => new KeyValueStoreBuilder<string, string>(""));
    }

    private static (StoreHarness Harness, TStore Store) Open<TStore>(StoreBuilder<TStore> builder)
        where TStore : class
    {
        var harness = new StoreHarness(() => builder.Create(new StoreSetup("s", "app-s-changelog", new SerdeRegistry())));
        return (harness, (TStore)(object)harness.Store);
    }

    private static StoreDefinition Plan(StoreBuilder builder)
    {
        var graph = new TopologyGraph();
        var source = new SourceNode<string, string>(
            "source",
            ["in"],
            SourceKind.Stream,
            null,
            new StreamSerdes<string, string>(SerdeSource<string>.Registered, SerdeSource<string>.Registered),
            new SourceTime<string, string>(null, InvalidTimestampPolicy.Fail));
        graph.Add(source);
        OperatorFactory<string, string, string, string> unused = (_, _, _) => throw new InvalidOperationException("not linked here");
        graph.Add(new OperatorNode<string, string, string, string>("keep", [source.Output], unused)
        {
            Rows = new RowsDescription(builder, OnDemand: false),
        });
        return Assert.Single(TopologyPlanner.Plan(graph, new TopologyOptions()).Plan.SubTopologies[0].Stores);
    }

    private sealed class Custom<TStore>(string name, Func<StoreSetup, TStore> build) : StoreBuilder<TStore>(name)
        where TStore : class
    {
        protected override TStore Build(StoreSetup setup) => build(setup);
    }
}
