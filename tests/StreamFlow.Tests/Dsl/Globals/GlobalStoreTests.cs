using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;
using StreamFlow.Tests.Runtime;

namespace StreamFlow.Tests.Dsl;

/// <summary>Stores that each instance fills from a whole topic, by a processor of the user's.</summary>
public sealed class GlobalStoreTests
{
    /// <summary>
    /// The processor sees the record's own time; others read what it has made without being connected, and cannot write it. Kafka
    /// Streams gives them a store whose writes throw.
    /// </summary>
    [Fact]
    public void C95_Processor_of_the_store_makes_what_others_read()
    {
        using var driver = Driver(static (in ErrorContext _) => ErrorResponse.Fail);
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);

        input.Pipe("k", "1", 1);
        driver.CreateInputTopic("G", Serdes.String, Serdes.String).Pipe("k", "5", 9);
        input.Pipe("k", "2", 2);

        var results = driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll();
        Assert.Equal(["k=null@1", "k=5@9@2"], results.Select(r => $"{r.Key}={r.Value}@{r.Timestamp}"));
        Assert.Equal("5@9", driver.GetKeyValueStore<string, string>("gs").All().Single().Value.Value);
        Assert.Equal(["out"], driver.ProducedTopics);
    }

    [Theory]
    [InlineData(ErrorResponse.Continue)]
    [InlineData(ErrorResponse.Fail)]
    public void E11_Processor_that_throws_is_the_handlers_business(ErrorResponse response)
    {
        using var driver = Driver((in ErrorContext _) => response);
        var global = driver.CreateInputTopic("G", Serdes.String, Serdes.String);
        global.Pipe("a", "1", 1);

        if (response == ErrorResponse.Fail)
        {
            Assert.ThrowsAny<StreamsException>(() => global.Pipe("k", "bad", 2));
            return;
        }

        global.Pipe("k", "bad", 2);
        global.Pipe("b", "2", 3);

        Assert.Equal(["a=1@1", "b=2@3"], driver.GetKeyValueStore<string, string>("gs").All().Select(row => $"{row.Key}={row.Value.Value}"));
        Assert.Equal(1, driver.Metrics.DroppedRecords[DropReason.Processing]);
    }

    [Fact]
    public void Store_is_asked_for_as_one_that_is_only_read()
    {
        var builder = new StreamsBuilder();
        AddStore(builder);
        builder.Stream<string, string>("in").Process(() => new Reader(context => context.GetStateStore<IKeyValueStore<string, string>>("gs")))
            .To("out");

        var error = Assert.ThrowsAny<StreamsException>(() => new TopologyTestDriver(builder.Build()).Dispose());

        Assert.Contains("IReadOnlyKeyValueStore", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Topology_put_together_node_by_node_has_global_stores_too()
    {
        var topology = new Topology()
            .AddGlobalStore(
                new KeyValueStoreBuilder<string, string>("gs"), "rows", "G", "writer", () => new Writer(), new Consumed<string, string>())
            .AddSource<string, string>("source", "in")
            .AddProcessor("reader", () => new Reader(), "source")
            .AddSink<string, string>("sink", "out", "reader");
        using var driver = new TopologyTestDriver(topology);

        driver.CreateInputTopic("G", Serdes.String, Serdes.String).Pipe("k", "5", 9);
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "1", 1);

        Assert.Equal("5@9", driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Single().Value);
        Assert.StartsWith(
            "Topologies:\n   Sub-topology: 0 for global store (will not generate tasks)\n    Source: rows (topics: [G])",
            topology.Describe(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_is_filled_through_its_processor_after_a_restart_too()
    {
        await using var harness = new AppHarness(("in", 1), ("G", 2), ("out", 1));
        harness.Send("G", 0, "a", "1", 5);
        harness.Send("G", 1, "b", "2", 6);
        for (var i = 0; i < 2; i++)
        {
            harness.Send("in", 0, i == 0 ? "a" : "b", "x");
            var application = await harness.StartAsync(Describe);
            await AppHarness.Until(() => harness.Values("out").Count == i + 1, "a result");
            await application.StopAsync();
        }

        Assert.Equal(["1@5", "2@6"], harness.Values("out"));
    }

    private static void Describe(StreamsBuilder builder)
    {
        AddStore(builder);
        builder.Stream<string, string>("in").Process(() => new Reader()).To("out");
    }

    private static void AddStore(StreamsBuilder builder) =>
        builder.AddGlobalStore(new KeyValueStoreBuilder<string, string>("gs"), "G", () => new Writer(), new Consumed<string, string>());

    private static TopologyTestDriver Driver(ErrorHandler handler)
    {
        var builder = new StreamsBuilder();
        Describe(builder);
        return new TopologyTestDriver(builder.Build(), new()
        {
            Application = new StreamFlowOptions { ApplicationId = "app", ProcessingErrorHandler = handler },
        });
    }

    private sealed class Writer : ContextualProcessor<string, string, string, string>
    {
        private IKeyValueStore<string, string> _store = null!;

        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            _store = context.GetStateStore<IKeyValueStore<string, string>>("gs");
        }

        public override void Process(Record<string, string> record)
        {
            if (record.Value == "bad")
            {
                throw new InvalidOperationException("boom");
            }

            _store.Put(record.Key, $"{record.Value}@{record.Timestamp}", record.Timestamp);
        }
    }

    private sealed class Reader(Func<ProcessorContext<string, string>, IReadOnlyKeyValueStore<string, string>>? find = null)
        : ContextualProcessor<string, string, string, string>
    {
        private IReadOnlyKeyValueStore<string, string> _store = null!;

        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            _store = find is null ? context.GetStateStore<IReadOnlyKeyValueStore<string, string>>("gs") : find(context);
        }

        public override void Process(Record<string, string> record) =>
            Context.Forward(record.WithValue(_store.TryGet(record.Key, out var value) ? value : "null"));
    }
}
