using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Dsl;

/// <summary>Topologies that are put together node by node; where a test has the name of a scenario, Kafka Streams did the same.</summary>
public sealed class PutTogetherTests
{
    [Fact]
    public void C08_header_that_one_child_adds_is_not_seen_by_another()
    {
        var topology = Source()
            .AddProcessor("p1", () => new Given((c, r) => c.Forward(r.WithHeaders(r.Headers!.With("h", "p1")).WithValue("p1"))), "s")
            .AddProcessor("p2", () => new Given((c, r) => c.Forward(r.WithValue("p2"))), "s")
            .AddSink<string, string>("k1", "out", "p1").AddSink<string, string>("k2", "out", "p2");

        Assert.Equal("k=p1@1{h=x}{h=p1} k=p2@1{h=x}", Pipe(topology, ("in", "k", "v", 1, "x")));
    }

    [Fact]
    public void C09_changed_time_goes_to_the_child_that_it_was_changed_for()
    {
        var topology = Source().AddProcessor(
            "p",
            () => new Given((c, r) =>
            {
                c.Forward(r.WithTimestamp(r.Timestamp + 1000), "c1");
                c.Forward(r, "c2");
            }),
            "s");
        foreach (var child in new[] { "c1", "c2" })
        {
            topology.AddProcessor(child, () => new Given((c, r) => c.Forward(r.WithValue(child))), "p")
                .AddSink<string, string>("k" + child, "out", child);
        }

        Assert.Equal("k=c1@1001 k=c2@1", Pipe(topology, ("in", "k", "v", 1, null)));
    }

    [Fact]
    public void Processor_sees_where_it_is_and_what_it_processes()
    {
        var seen = new List<string>();
        ProcessorContext<string, string>? kept = null;
        var topology = Source().AddProcessor(
            "p",
            () => new Given(
                (c, r) => seen.Add($"{c.RecordMetadata} stream={c.CurrentStreamTimeMs} now={c.CurrentSystemTimeMs} {r.Key}={r.Value}"),
                c =>
                {
                    kept = c;
                    seen.Add($"{c.ApplicationId} {c.TaskId} {c.RecordMetadata is null} stream={c.CurrentStreamTimeMs}");
                    c.Schedule(TimeSpan.FromMilliseconds(1), PunctuationType.StreamTime, time => seen.Add($"{time} {c.RecordMetadata is null}"));
                }),
            "s");

        Pipe(topology, ("in", "k", "v", 5, null));

        Assert.Equal(["app 0_0 True stream=-1", "in-0 offset 0 stream=5 now=0 k=v", "5 True"], seen);

        // The driver is closed.
        Assert.Contains("is closed", Assert.Throws<InvalidOperationException>(
            () => kept!.Forward(new Record<string, string>("k", "v", 1))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(
            () => kept!.Schedule(TimeSpan.FromSeconds(1), PunctuationType.WallClockTime, _ => { }));
        Assert.Throws<InvalidOperationException>(kept!.Commit);
    }

    [Fact]
    public void C10_task_waits_for_a_topic_that_has_nothing()
    {
        using var driver = Driver(TwoSources(), maxTaskIdle: 1);
        In(driver, "in1").Pipe("A", "alpha", 0);
        driver.AdvanceWallClock(TimeSpan.FromMilliseconds(1));
        Assert.Equal(string.Empty, Out(driver));
        In(driver, "in2").Pipe("B", "beta", 1);
        Assert.Equal("A=alpha@0", Out(driver));
        driver.AdvanceWallClock(TimeSpan.FromSeconds(1));
        Assert.Equal("B=beta@1", Out(driver));
    }

    [Fact]
    public void C11_lowest_head_goes_first_and_no_topic_is_sorted()
    {
        using var driver = Driver(TwoSources(), maxTaskIdle: 1);
        In(driver, "in1").Pipe("A", "30", 30);
        In(driver, "in1").Pipe("A", "10", 10);
        Assert.Equal(string.Empty, Out(driver));
        In(driver, "in2").Pipe("A", "20", 20);
        Assert.Equal("A=20@20", Out(driver));
        driver.AdvanceWallClock(TimeSpan.FromSeconds(1));
        Assert.Equal("A=30@30 A=10@10", Out(driver));
    }

    [Fact]
    public void G03_interval_below_a_millisecond_and_start_before_1970_are_refused()
    {
        Assert.All(
            new Action<ProcessorContext<string, string>>[]
            {
                c => c.Schedule(TimeSpan.FromTicks(9999), PunctuationType.StreamTime, _ => { }),
                c => c.Schedule(TimeSpan.Zero, PunctuationType.StreamTime, _ => { }, DateTimeOffset.UnixEpoch),
                c => c.Schedule(
                    TimeSpan.FromSeconds(1), PunctuationType.StreamTime, _ => { }, DateTimeOffset.FromUnixTimeMilliseconds(-1)),
            },
            init => Assert.IsType<ArgumentOutOfRangeException>(Assert.Throws<StreamsException>(() => Driver(
                Source().AddProcessor("p", () => new Given((_, _) => { }, init), "s"))).InnerException));
    }

    [Theory]
    [InlineData("store connected to a source", "a source")]
    [InlineData("no topics", "reads no topics")]
    [InlineData("processor without parent", "no parents")]
    [InlineData("parent = self", "its own parent")]
    [InlineData("duplicate", "a node s already")]
    [InlineData("sink as parent", "Sink k")]
    [InlineData("other types", "System.String and System.Int64")]
    public void G09_topology_checks(string name, string message)
    {
        var topology = Source().AddSink<string, string>("k", "out", "s");
        ProcessorSupplier<string, string, string, string> supplier = () => new Given((_, _) => { });

        Assert.Contains(message, Assert.Throws<TopologyException>(() => name switch
        {
            "store connected to a source" => topology.AddStateStore(new KeyValueStoreBuilder<string, string>("st"), "s"),
            "no topics" => topology.AddSource<string, string>("s2"),
            "processor without parent" => topology.AddProcessor("p", supplier),
            "parent = self" => topology.AddProcessor("p", supplier, "p"),
            "duplicate" => topology.AddSource<string, string>("s", "b"),
            "sink as parent" => topology.AddSink<string, string>("k2", "c", "k"),
            _ => topology.AddSink<string, long>("k2", "c", "s"),
        }).Message, StringComparison.Ordinal);

        // What was refused has left nothing behind.
        Assert.Equal(Source().AddSink<string, string>("k", "out", "s").Describe(), topology.Describe());
    }

    [Fact]
    public void Topology_can_be_described_and_added_to_until_it_is_used()
    {
        var topology = Source();
        Assert.DoesNotContain("Sink", topology.Describe(), StringComparison.Ordinal);
        topology.AddSink<string, string>("k", "out", "s");
        Assert.Contains("Sink: k", topology.Describe(), StringComparison.Ordinal);

        using var driver = new TopologyTestDriver(topology);

        Assert.Throws<InvalidOperationException>(() => topology.AddSink<string, string>("k2", "out", "s"));
    }

    [Fact]
    public void Topology_of_a_builder_is_finished()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        var topology = builder.Build();

        Assert.Throws<InvalidOperationException>(() => topology.AddSource<string, string>("s", "in2"));
        Assert.Throws<InvalidOperationException>(() => topology.Serdes);
    }

    [Fact]
    public void Read_only_store_has_its_topic_in_place_of_a_changelog()
    {
        var topology = Source()
            .AddReadOnlyStateStore(
                new KeyValueStoreBuilder<string, string>("ro"), "rs", "rows", "rp", () => new Given((c, r) =>
                    c.GetStateStore<IKeyValueStore<string, string>>("ro").Put(r.Key, r.Value, r.Timestamp)))
            .AddProcessor(
                "p",
                () => new Given((c, r) => c.Forward(r.WithValue(
                    c.GetStateStore<IKeyValueStore<string, string>>("ro").TryGet(r.Key, out var row) ? row : "none"))),
                "s")
            .ConnectProcessorAndStateStores("p", "ro")
            .AddSink<string, string>("k", "out", "p");

        var store = Assert.Single(Assert.Single(topology.Plan.SubTopologies).Stores);
        Assert.Equal((false, "rows"), (store.IsLogged, store.Source?.Topic));
        Assert.Equal(
            "k=none@1 k=r@3", Pipe(topology, ("in", "k", "v", 1, null), ("rows", "k", "r", 2, null), ("in", "k", "v", 3, null)));
    }

    [Fact]
    public void Processor_of_a_global_store_cannot_do_what_only_a_task_can()
    {
        var refused = new List<string>();
        var topology = Source().AddSink<string, string>("k", "out", "s").AddGlobalStore(
            new KeyValueStoreBuilder<string, string>("gs"), "gsrc", "G", "gp", () => new Given(
                (_, _) => { },
                c =>
                {
                    refused.Add(Assert.Throws<InvalidOperationException>(
                        () => c.Schedule(TimeSpan.FromSeconds(1), PunctuationType.WallClockTime, _ => { })).Message);
                    refused.Add(Assert.Throws<InvalidOperationException>(c.Commit).Message);
                }));

        Pipe(topology, ("in", "k", "v", 1, null));

        Assert.Contains("gp schedules a punctuation", refused[0], StringComparison.Ordinal);
        Assert.Contains("gp asks for a commit", refused[1], StringComparison.Ordinal);
    }

    private static Topology Source() => new Topology().AddSource<string, string>("s", "in");

    private static Topology TwoSources() => new Topology().AddSource<string, string>("s1", "in1")
        .AddSource<string, string>("s2", "in2").AddSink<string, string>("k", "out", "s1", "s2");

    private static TopologyTestDriver Driver(Topology topology, int maxTaskIdle = 0) => new(topology, new()
    {
        StartTime = DateTimeOffset.UnixEpoch,
        Application = new() { ApplicationId = "app", MaxTaskIdle = TimeSpan.FromSeconds(maxTaskIdle) },
    });

    private static string Pipe(Topology topology, params (string Topic, string Key, string Value, long Time, string? Header)[] records)
    {
        using var driver = Driver(topology);
        foreach (var (topic, key, value, time, header) in records)
        {
            In(driver, topic).Pipe(key, value, time, header is null ? null : Headers.Empty.With("h", header));
        }

        return Out(driver);
    }

    private static TestInputTopic<string, string> In(TopologyTestDriver driver, string topic) =>
        driver.CreateInputTopic(topic, Serdes.String, Serdes.String);

    // Each call reads what came since the last one, by the number of records that were read before.
    private static string Out(TopologyTestDriver driver)
    {
        var all = driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Select(r => string.Create(
            CultureInfo.InvariantCulture,
            $"{r.Key}={r.Value}@{r.Timestamp}{string.Concat((r.Headers ?? Headers.Empty).Select(h => $"{{{h.Key}={System.Text.Encoding.UTF8.GetString(h.Value!)}}}"))}")).ToList();
        var before = Read.GetOrCreateValue(driver);
        var text = string.Join(' ', all.Skip(before.Count));
        before.Count = all.Count;
        return text;
    }

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<TopologyTestDriver, Counter> Read = [];

    private sealed class Counter
    {
        public int Count { get; set; }
    }

    private sealed class Given(
        Action<ProcessorContext<string, string>, Record<string, string>> process,
        Action<ProcessorContext<string, string>>? init = null) : ContextualProcessor<string, string, string, string>
    {
        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            init?.Invoke(context);
        }

        public override void Process(Record<string, string> record) => process(Context, record);
    }
}
