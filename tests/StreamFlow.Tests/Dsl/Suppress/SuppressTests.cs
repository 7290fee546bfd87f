using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>Updates that are held back.</summary>
public sealed class SuppressTests
{
    private static readonly long[] CacheSizes = [0, 2_000, 10_000_000];

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var kind in new[] { "tumbling", "session", "session without gap", "sliding" })
        {
            for (var seed = 0; seed < 10; seed++)
            {
                cases.Add(kind, seed);
            }
        }

        return cases;
    }

    /// <summary>
    /// In Kafka Streams sessions and sliding windows have several final results (X4), because they are sent on while they still
    /// take records.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_window_that_closes_is_sent_on_once(string kind, int seed)
    {
        var random = new Random(seed);
        var (size, grace) = (random.NextInt64(5, 60), random.Next(2) == 0 ? 0 : random.NextInt64(40));
        var (describe, model) = Windows(kind, size, grace);
        var delay = kind == "sliding" ? Math.Max(1, grace) : grace + (2 * size);
        var records = Piped.Random(random, 150, size / 2, delay);
        if (kind == "sliding")
        {
            records.Sort((x, y) => x.Time.CompareTo(y.Time));
        }

        records.Add(new Piped("end", "v", 1_000_000));
        foreach (var record in records)
        {
            model.Process(record);
        }

        var app = new Application(g => describe(g).Suppress(Suppressed.UntilWindowCloses()), CacheSizes[random.Next(3)]);
        app.Run(records, random);

        Assert.True(
            model.Finals.Order(StringComparer.Ordinal).SequenceEqual(app.Finals.Order(StringComparer.Ordinal)),
            $"seed {seed}, {kind} of {size} and {grace}: missing {string.Join(' ', model.Finals.Except(app.Finals))}, "
            + $"too many {string.Join(' ', app.Finals.Except(model.Finals))}");
    }

    [Fact]
    public void C53b_table_without_windows_has_none_to_wait_for()
    {
        var table = new StreamsBuilder().Table<string, string>("in");
        var error = Assert.Throws<TopologyException>(() => table.Suppress(Suppressed.UntilWindowCloses()));
        Assert.Contains("'KTABLE-SOURCE-0000000002', has none that do", error.Message, StringComparison.Ordinal);

        var never = new StreamsBuilder().Stream<string, string>("in").GroupByKey().WindowedBy(UnlimitedWindows.Of()).Count();
        Assert.Throws<TopologyException>(() => never.Suppress(Suppressed.UntilWindowCloses()));
    }

    [Fact]
    public void C53c_table_with_a_history_is_refused()
    {
        var table = new StreamsBuilder().Table<string, string>(
            "in", materialized: new() { Name = "ver", History = TimeSpan.FromMinutes(5) });
        var error = Assert.Throws<TopologyException>(
            () => table.Suppress(Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(1))));
        Assert.Contains("without a history", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Buffer_that_sends_early_cannot_wait_for_windows()
    {
        Assert.Throws<ArgumentException>(() => Suppressed.UntilWindowCloses(new() { MaxRecords = 1 }));
        Assert.Throws<ArgumentException>(() => Suppressed.UntilWindowCloses(new() { MaxBytes = 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BufferConfig { MaxRecords = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BufferConfig { MaxBytes = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Suppressed.UntilTimeLimit(TimeSpan.FromMilliseconds(-1)));
        Assert.Throws<ArgumentException>(() => Suppressed.UntilTimeLimit(TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void C53_full_buffer_that_shuts_down_says_how_much_waits()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(TumblingWindows.Of(Ms(10), TimeSpan.Zero)).Count()
            .Suppress(Suppressed.UntilWindowCloses(new() { MaxRecords = 1, WhenFull = BufferFullStrategy.ShutDown }))
            .ToStream(r => r.Key.Key).To("out");
        var harness = new TaskHarness(builder.Build());
        harness.Pipe("in", "a", "x", 0);

        var error = Assert.Throws<StreamsException>(() => harness.Pipe("in", "b", "x", 1));

        Assert.Contains("KTABLE-SUPPRESS-0000000003 holds back 2 updates", error.Message, StringComparison.Ordinal);
        Assert.Contains("more than the 1 updates", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What those behind know is what was sent on last, not what came in between.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Value_before_is_the_one_that_was_sent_on(bool losesState)
    {
        var builder = new StreamsBuilder();
        var called = new List<string>();
        builder.Table<string, string>("in", materialized: new() { Name = "t" })
            .Suppress(Suppressed.UntilTimeLimit(Ms(10)) with { Name = "sup" })
            .Filter((_, v) =>
            {
                called.Add(v);
                return v != "no";
            }).ToStream().To("out");
        var topology = builder.Build();
        var backends = new Dictionary<string, InMemoryBackend>();
        var harness = new TaskHarness(topology, backends: backends);
        harness.Pipe("in", "a", "sent", 0);
        harness.Pipe("in", "x", "x", 20);
        harness.Pipe("in", "a", "between", 21);
        Assert.Equal("a=sent@0", harness.Read("out"));
        var changelogs = harness.Take("app-t-changelog").Concat(harness.Take("app-sup-store-changelog")).ToList();

        harness = losesState
            ? new TaskHarness(topology, changelogs: changelogs)
            : new TaskHarness(topology, backends: backends);
        called.Clear();
        harness.Pipe("in", "a", "no", 22);
        harness.Pipe("in", "y", "y", 60);

        Assert.Equal("x=x@20 a=null@22", harness.Read("out"));
        Assert.Equal(["x", "no", "sent"], called);
    }

    /// <summary>How far time is outlasts the application, whether its local state does or not: what is late is sent on at once.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Late_update_does_not_wait_because_of_a_restart(bool losesState)
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in", materialized: new() { Name = "t" })
            .Suppress(Suppressed.UntilTimeLimit(Ms(10)) with { Name = "sup" }).ToStream().To("out");
        var topology = builder.Build();
        var backends = new Dictionary<string, InMemoryBackend>();
        var harness = new TaskHarness(topology, backends: backends);
        harness.Pipe("in", "a", "1", 100);
        harness.Pipe("in", "b", "waits", 108);

        // Time has gone on with an update that left at once, in the place of the one before it.
        harness.Pipe("in", "a", "2", 111);
        Assert.Equal("a=2@111", harness.Read("out"));
        var changelogs = harness.Take("app-t-changelog").Concat(harness.Take("app-sup-store-changelog")).ToList();

        harness = losesState
            ? new TaskHarness(topology, changelogs: changelogs)
            : new TaskHarness(topology, backends: backends);
        harness.Pipe("in", "c", "late", 101);

        Assert.Equal("c=late@101", harness.Read("out"));
    }

    /// <summary>Kafka Streams' records have the time at which they were sent, which must not let out what waits.</summary>
    [Fact]
    public void Times_of_a_changelog_that_kafka_streams_wrote_are_not_taken_for_those_of_updates()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in", materialized: new() { Name = "t" })
            .Suppress(Suppressed.UntilTimeLimit(Ms(10)) with { Name = "sup" }).ToStream().To("out");
        var topology = builder.Build();
        var harness = new TaskHarness(topology);
        harness.Pipe("in", "a", "1", 100);
        harness.Pipe("in", "b", "1", 120);
        var changelogs = harness.Take("app-t-changelog")
            .Concat(harness.Take("app-sup-store-changelog").Select(r => r with { Timestamp = 1_000_000 })).ToList();

        harness = new TaskHarness(topology, changelogs: changelogs);
        harness.Pipe("in", "c", "waits", 121);

        Assert.Equal("-", harness.Read("out"));
    }

    /// <summary>
    /// A key of 1 byte, the 8 of its place, and of the value what it is serialized to without lengths: time and offset, 8 each, partition, 4,
    /// row, 1. Records of the harness have no topic.
    /// </summary>
    [Theory]
    [InlineData(30, "-")]
    [InlineData(29, "a=x@1")]
    public void Buffer_is_full_when_it_has_more_bytes_than_it_may(long bytes, string expected)
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in").Suppress(Suppressed.UntilTimeLimit(Ms(10), new() { MaxBytes = bytes }))
            .ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "a", "x", 1);

        Assert.Equal(expected, harness.Read("out"));
    }

    /// <summary>A row that came and went while it waited never was, for those behind.</summary>
    [Fact]
    public void Row_that_was_never_sent_is_not_taken_back_from_a_grouped_table()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in").Suppress(Suppressed.UntilTimeLimit(Ms(10)))
            .GroupBy((k, v) => (v, k)).Count().ToStream().MapValues(v => $"{v}").To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "a", "1", 0);
        harness.Pipe("in", "a", "2", 1);
        harness.Pipe("in", "b", "2", 2);
        harness.Pipe("in", "c", "3", 30);

        Assert.Equal("2=1@1 2=2@2", harness.Read("out"));
    }

    [Fact]
    public void Buffer_in_memory_without_changelog_keeps_nothing()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in").Suppress(
            Suppressed.UntilTimeLimit(Ms(10), new() { LoggingEnabled = false, StoreType = StoreType.InMemory }) with { Name = "sup" })
            .ToStream().To("out");
        var plan = builder.Build().Plan;

        var store = plan.SubTopologies.SelectMany(sub => sub.Stores).Single(s => s.Name == "sup-store");

        Assert.False(store.IsLogged);
        Assert.False(store.IsPersistent);
    }

    /// <summary>An aggregator that changes its result in place must not change what waits, nor what was sent.</summary>
    [Fact]
    public void What_waits_is_a_value_of_its_own()
    {
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new StreamFlow.Serialization.JsonSerde<List<string>>(TextLists.Default.ListString));
        builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => new List<string>(), (_, v, all) =>
            {
                all.Add(v);
                return v == "bad" ? throw new FormatException(v) : all;
            })
            .Suppress(Suppressed.UntilTimeLimit(Ms(10)))
            .ToStream().MapValues(all => string.Concat(all)).To("out");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("in", "a", "1", 0);
        harness.Pipe("in", "a", "bad", 1);
        harness.Pipe("in", "b", "2", 20);

        Assert.Equal("a=1@0", harness.Read("out"));
    }

    private static TimeSpan Ms(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static (Func<KGroupedStream<string, string>, KTable<Windowed<string>, long>> Describe, WindowModel Model) Windows(
        string kind, long size, long grace)
    {
        var gap = kind == "session" ? size : 0;
        return kind switch
        {
            "tumbling" => (g => g.WindowedBy(TumblingWindows.Of(Ms(size), Ms(grace))).Count(new() { Name = "s" }),
                new HoppingModel(size, size, grace)),
            "sliding" => (g => g.WindowedBy(SlidingWindows.Of(Ms(size), Ms(grace))).Count(new() { Name = "s" }),
                new SlidingModel(size, grace)),
            _ => (g => g.WindowedBy(SessionWindows.Of(Ms(gap), Ms(grace))).Count(new() { Name = "s" }),
                new SessionModel(gap, grace)),
        };
    }
}
