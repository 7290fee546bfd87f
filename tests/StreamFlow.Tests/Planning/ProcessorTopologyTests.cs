using System.Text.RegularExpressions;
using StreamFlow.State;
using StreamFlow.Tests.Conformance;

namespace StreamFlow.Tests.Planning;

/// <summary>
/// The descriptions of branches, tables of streams, processors and topologies put together node by node, against what Kafka
/// Streams 4.3.1 printed for the same; where it refuses a topology, so does StreamFlow.
/// </summary>
public sealed class ProcessorTopologyTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Expected =
        Recorded.Blocks("ProcessorTopologies.recorded.txt", "=== ");

    private static readonly Dictionary<string, Action<StreamsBuilder>> Described = new(StringComparer.Ordinal)
    {
        ["split"] = b => All(In(b).Split().Branch((k, v) => true).Branch((k, v) => true, new() { Name = "-x" }).DefaultBranch()),
        ["split named"] = b => All(In(b).Split("s-").Branch((k, v) => true, new() { Name = "even" }).Branch((k, v) => true)
            .DefaultBranch(new() { Name = "rest" })),
        ["split with consumer and function"] = b => In(b).Split("s-")
            .Branch((k, v) => true, new() { Consumer = s => s.To("a") })
            .Branch((k, v) => true, new() { Function = s => s.MapValues(v => v), Name = "f" })
            .NoDefaultBranch()["s-f"].To("b"),
        ["split rekeyed and counted"] = b => ByValue(b).Split("s-").Branch((k, v) => true, new() { Name = "a" })
            .NoDefaultBranch()["s-a"].GroupByKey().Count().ToStream().To("out"),
        ["print"] = b => In(b).Print(new() { Writer = TextWriter.Null }),
        ["print named"] = b => In(b).Print(new() { Writer = TextWriter.Null, Name = "show" }),
        ["pattern"] = b => b.Stream<string, string>(new Regex("in-[0-9]+")).To("out"),
        ["pattern twice"] = b =>
        {
            b.Stream<string, string>(new Regex("in-[0-9]+")).To("o1");
            b.Stream<string, string>(new Regex("in-[0-9]+")).To("o2");
        },
        ["pattern and topic"] = b =>
        {
            b.Stream<string, string>(new Regex("in-[0-9]+")).To("o1");
            b.Stream<string, string>("in-1").To("o2");
        },
        ["toTable"] = b => In(b).ToTable().ToStream().To("out"),
        ["toTable named store"] = b => In(b).ToTable(new() { Name = "t" }).ToStream().To("out"),
        ["toTable unnamed materialized"] = b => In(b).ToTable(new()).ToStream().To("out"),
        ["toTable named operator"] = b => In(b).ToTable(new() { ProcessorName = "tab" }).ToStream().To("out"),
        ["toTable named operator and store"] = b =>
            In(b).ToTable(new() { ProcessorName = "tab", Name = "t" }).ToStream().To("out"),
        ["toTable rekeyed"] = b => ByValue(b).ToTable().ToStream().To("out"),
        ["toTable rekeyed named operator"] = b => ByValue(b).ToTable(new() { ProcessorName = "tab" }).ToStream().To("out"),
        ["toTable rekeyed named store"] = b => ByValue(b).ToTable(new() { Name = "t" }).ToStream().To("out"),
        ["toTable rekeyed named both"] = b =>
            ByValue(b).ToTable(new() { ProcessorName = "tab", Name = "t" }).ToStream().To("out"),
        ["toTable joined"] = b =>
        {
            var table = In(b).ToTable();
            b.Stream<string, string>("L").Join(table, (x, y) => x + y).To("out");
        },
        ["process"] = b => In(b).Process(() => new P()).To("out"),
        ["process named with stores"] = b =>
        {
            b.AddStateStore(Store("s1")).AddStateStore(Store("s2"));
            In(b).Process(() => new P(), new() { Name = "p", StoreNames = ["s2", "s1"] }).To("out");
        },
        ["process with stores of the supplier"] = b =>
            In(b).Process(() => new P(), new() { Stores = [Store("s1"), Store("s2")] }).To("out"),
        ["two processes of one store"] = b =>
        {
            b.AddStateStore(Store("s"));
            In(b).Process(() => new P(), new() { StoreNames = ["s"] }).To("o1");
            b.Stream<string, string>("in2").Process(() => new P(), new() { StoreNames = ["s"] }).To("o2");
        },
        ["two suppliers of stores of one name"] = b =>
        {
            In(b).Process(() => new P(), new() { Stores = [Store("s")] }).To("o1");
            b.Stream<string, string>("in2").Process(() => new P(), new() { Stores = [Store("s")] }).To("o2");
        },
        ["process then count"] = b => In(b).Process(() => new P()).GroupByKey().Count().ToStream().To("out"),
        ["processValues"] = b => In(b).ProcessValues(() => new F()).To("out"),
        ["processValues named with stores"] = b =>
        {
            b.AddStateStore(Store("s1"));
            In(b).ProcessValues(() => new F(), new() { Name = "p", StoreNames = ["s1"] }).To("out");
        },
        ["processValues with stores of the supplier then count"] = b =>
            In(b).ProcessValues(() => new F(), new() { Stores = [Store("s1")] }).GroupByKey().Count().ToStream().To("out"),
        ["processValues rekeyed then count"] = b =>
            ByValue(b).ProcessValues(() => new F()).GroupByKey().Count().ToStream().To("out"),
        ["process reads a table's store"] = b =>
        {
            b.Table<string, string>("t", materialized: new() { Name = "rows" });
            In(b).Process(() => new P(), new() { StoreNames = ["rows"] }).To("out");
        },
        ["process reads an aggregation's store"] = b =>
        {
            In(b).GroupByKey().Count(new() { Name = "c" });
            b.Stream<string, string>("in2").Process(() => new P(), new() { StoreNames = ["c"] }).To("out");
        },
        ["store nobody uses"] = b =>
        {
            b.AddStateStore(Store("s1"));
            In(b).To("out");
        },
        ["process of an unknown store"] = b => In(b).Process(() => new P(), new() { StoreNames = ["nope"] }).To("out"),
        ["same store added twice"] = b =>
        {
            var store = Store("s");
            b.AddStateStore(store).AddStateStore(store);
            In(b).Process(() => new P(), new() { StoreNames = ["s"] }).To("out");
        },
        ["two stores of one name"] = b =>
        {
            b.AddStateStore(Store("s")).AddStateStore(Store("s"));
            In(b).Process(() => new P(), new() { StoreNames = ["s"] }).To("out");
        },
    };

    private static readonly Dictionary<string, Action<Topology>> PutTogether = new(StringComparer.Ordinal)
    {
        ["low level"] = t => Source(t).AddProcessor("p", () => new P(), "s").AddProcessor("q", () => new P(), "s")
            .AddStateStore(Store("st"), "p").AddSink<string, string>("k", "out", "p", "q"),
        ["low level shared store"] = t => Source(t).AddSource<string, string>("s2", "in2").AddProcessor("p", () => new P(), "s")
            .AddProcessor("q", () => new P(), "s2").AddStateStore(Store("st"), "p", "q").AddSink<string, string>("k", "out", "p"),
        ["low level connect"] = t => Source(t).AddProcessor("p", () => new P(), "s").AddStateStore(Store("st"))
            .ConnectProcessorAndStateStores("p", "st").AddSink<string, string>("k", "out", "p"),
        ["low level several topics and parents"] = t => t.AddSource<string, string>("s", "b", "a")
            .AddSource<string, string>("s2", "c").AddProcessor("p", () => new P(), "s", "s2")
            .AddSink<string, string>("k", "out", "p", "s"),
        ["low level read-only store"] = t => Source(t)
            .AddReadOnlyStateStore(Store("ro"), "rs", "ro-topic", "rp", () => new P())
            .AddProcessor("p", () => new P(), "s").ConnectProcessorAndStateStores("p", "ro").AddSink<string, string>("k", "out", "p"),
        ["low level supplier of stores"] = t => Source(t).AddProcessor("p", () => new P(), "s")
            .AddStateStore(Store("a"), "p").AddStateStore(Store("b"), "p").AddSink<string, string>("k", "out", "p"),
        ["low level topic chosen"] = t => Source(t)
            .AddSink<string, string>("k", (Record<string, string> record) => "out", new(), "s"),
        ["low level pattern"] = t => t.AddSource<string, string>("s", new Regex("in-.*")).AddSink<string, string>("k", "out", "s"),
        ["low level store nobody uses"] = t => Source(t).AddStateStore(Store("st")).AddSink<string, string>("k", "out", "s"),
        ["low level unknown processor for store"] = t => Source(t).AddStateStore(Store("st"), "nope"),
        ["low level connect unknown store"] = t => Source(t).AddProcessor("p", () => new P(), "s")
            .ConnectProcessorAndStateStores("p", "nope"),
        ["low level connect to sink"] = t => Source(t).AddSink<string, string>("k", "out", "s").AddStateStore(Store("st"))
            .ConnectProcessorAndStateStores("k", "st"),
        ["low level topic read twice"] = t => Source(t).AddSource<string, string>("s2", "in"),
        ["low level store twice"] = t => Source(t).AddProcessor("p", () => new P(), "s").AddStateStore(Store("st"), "p")
            .AddStateStore(Store("st"), "p"),
    };

    /// <summary>Means to differ, or needs what is not there.</summary>
    private static readonly string[] Others =
        ["two suppliers of one store"];

    public static TheoryData<string> Names => [.. Expected.Keys.Except(Others)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Description_is_that_of_Kafka_Streams(string name)
    {
        if (Expected[name] is ["EXC"])
        {
            Assert.Throws<TopologyException>(() => Build(name).Describe());
            return;
        }

        var actual = Build(name).Describe();
        if (name == "low level topic chosen")
        {
            actual = Regex.Replace(actual, @"extractor class: \S+\)", "extractor class: EXTRACTOR)");
        }

        Assert.Equal(
            TopologyDescriberTests.Normalize(Expected[name]), TopologyDescriberTests.Normalize(actual.TrimEnd('\n').Split('\n')));
    }

    [Fact]
    public void Builder_of_a_store_that_two_processors_bring_makes_one_store_in_one_sub_topology()
    {
        var builder = new StreamsBuilder();
        var store = Store("s");
        In(builder).Process(() => new P(), new() { Stores = [store] }).To("o1");
        builder.Stream<string, string>("in2").Process(() => new P(), new() { Stores = [store] }).To("o2");

        var plan = builder.Build().Plan;

        Assert.Equal("s", Assert.Single(Assert.Single(plan.SubTopologies).Stores).Name);
    }

    private static Topology Build(string name)
    {
        if (PutTogether.TryGetValue(name, out var putTogether))
        {
            var topology = new Topology();
            putTogether(topology);
            return topology;
        }

        var builder = new StreamsBuilder();
        Described[name](builder);
        return builder.Build();
    }

    private static Topology Source(Topology topology) => topology.AddSource<string, string>("s", "in");

    private static KStream<string, string> In(StreamsBuilder builder) => builder.Stream<string, string>("in");

    private static KStream<string, string> ByValue(StreamsBuilder builder) => In(builder).SelectKey((k, v) => v);

    private static KeyValueStoreBuilder<string, string> Store(string name) => new(name) { StoreType = StoreType.InMemory };

    private static void All(IReadOnlyDictionary<string, KStream<string, string>> branches)
    {
        foreach (var branch in branches.OrderBy(branch => branch.Key, StringComparer.Ordinal))
        {
            branch.Value.MapValues(v => v).To("out");
        }
    }

    private sealed class P : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) => Context.Forward(record);
    }

    private sealed class F : ContextualFixedKeyProcessor<string, string, string>
    {
        public override void Process(FixedKeyRecord<string, string> record) => Context.Forward(record);
    }
}
