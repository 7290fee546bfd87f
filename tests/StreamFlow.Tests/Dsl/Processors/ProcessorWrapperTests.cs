using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Dsl.Processors;

/// <summary>Code of the user's round the processors of a topology.</summary>
public sealed class ProcessorWrapperTests
{
    /// <summary>
    /// The topology of G07. The names and their order are those that Kafka Streams asked for; it tells a processor's own stores only, and
    /// calls those fixed whose implementation is, where here it counts that keys stay.
    /// </summary>
    [Fact]
    public void Processors_are_asked_about_in_the_order_of_their_description_as_recorded()
    {
        var wrapper = new Watching();
        var builder = new StreamsBuilder();
        var input = builder.Stream<string, string>("in");
        input.Filter((_, _) => true).GroupBy((_, v) => v).Count(new() { Name = "c" }).ToStream().MapValues(v => "" + v).To("out");
        input.Join(builder.Table<string, string>("T", materialized: new() { Name = "t" }), (x, y) => x + y)
            .ProcessValues(() => new Forwarding()).To("out2");
        builder.Stream<string, string>("L").LeftJoin(
            builder.Stream<string, string>("R"), (l, r) => l + r?.Value, JoinWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero),
            new() { Name = "j", StoreName = "js" }).To("out3");
        builder.GlobalTable<string, string>("G", materialized: new() { Name = "g" });

        builder.Build(new() { ProcessorWrapper = wrapper });

        Assert.Equal(
            [
                "KSTREAM-FILTER-0000000001 keeps []",
                "KSTREAM-KEY-SELECT-0000000002 changes []",
                "c-repartition-filter keeps []",
                "KSTREAM-AGGREGATE-0000000003 keeps [c]",
                "KTABLE-TOSTREAM-0000000007 keeps []",
                "KSTREAM-MAPVALUES-0000000008 keeps []",
                "KTABLE-SOURCE-0000000011 keeps [t]",
                "KSTREAM-JOIN-0000000012 keeps [t]",
                "KSTREAM-PROCESSVALUES-0000000013 keeps []",
                "j-this-windowed keeps [js-this-join-store]",
                "j-other-windowed keeps [js-outer-other-join-store]",
                "j-this-join keeps [js-left-shared-join-store, js-outer-other-join-store]",
                "j-outer-other-join keeps [js-left-shared-join-store, js-this-join-store]",
                "j-merge keeps []",
            ],
            wrapper.Asked);
    }

    [Fact]
    public void Wrapper_sees_each_record_before_and_after_and_may_change_or_withhold_it()
    {
        var wrapper = new Watching { Guarded = "guarded" };
        using var driver = Driver(wrapper, b => b.Stream<string, string>("in").MapValues(v => v + "!", name: "guarded")
            .MapValues(v => v + "?", name: "behind").To("out"));
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        input.Pipe("k", "a", 5);
        input.Pipe("k", "stop", 6);

        Assert.Equal(["a!?@105"], Read(driver));
        Assert.Equal(
            ["init guarded", "init behind", "> guarded a", "> behind a!", "< behind", "< guarded", "> guarded stop", "< guarded"],
            wrapper.Seen);
        driver.Dispose();
        Assert.Equal(["close guarded", "close behind"], wrapper.Seen.Skip(8));
    }

    [Fact]
    public void Store_of_the_wrapper_is_kept_logged_and_described()
    {
        using var driver = Driver(new Counting(), b => b.Stream<string, string>("in").Filter((_, v) => v != "no", name: "f").To("out"));
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        foreach (var value in new[] { "a", "no", "b" })
        {
            input.Pipe("k", value, 1);
        }

        Assert.Equal(["a@1", "b@1"], Read(driver));
        Assert.True(driver.GetKeyValueStore<string, long>("calls-f").TryGet("k", out var calls));
        Assert.Equal(3, calls);
        Assert.Contains("app-calls-f-changelog", driver.ProducedTopics);
    }

    [Fact]
    public void Failure_of_the_wrapper_goes_to_the_handler_and_one_inside_of_it_is_asked_about_once()
    {
        var asked = new List<string>();
        using var driver = Driver(
            new Watching { Guarded = "guarded" },
            b => b.Stream<string, string>("in")
                .MapValues(v => v == "inner" ? throw new InvalidOperationException("inner") : v, name: "guarded").To("out"),
            (in ErrorContext context) =>
            {
                asked.Add($"{context.Operator}: {context.Exception.Message}");
                return ErrorResponse.Continue;
            });
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        input.Pipe("k", "inner", 1);
        input.Pipe("k", "outer", 2);
        input.Pipe("k", "fine", 3);

        Assert.Equal(["fine@103"], Read(driver));
        Assert.Equal(["guarded: inner", "guarded: outer"], asked);
    }

    [Fact]
    public void Processors_that_are_left_alone_are_what_they_are_without_a_wrapper()
    {
        using var driver = Driver(new Nothing(), b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "c" })
            .ToStream().MapValues(v => $"{v}").To("out"));
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v", 1);

        Assert.Equal(["1@1"], Read(driver));
    }

    [Fact]
    public void Tables_and_topologies_put_together_by_hand_are_wrapped()
    {
        var wrapper = new Watching();
        var topology = new Topology(wrapper).AddSource<string, string>("s", "in")
            .AddProcessor("p", () => new ForwardingAll(), "s").AddSink<string, string>("k", "out", "p");
        using (var byHand = new TopologyTestDriver(topology))
        {
            byHand.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v", 1);
        }

        Assert.Contains("> p v", wrapper.Seen);
        var tables = new Watching();
        using var driver = Driver(tables, b => b.Table<string, string>("in").Filter((_, _) => true, new() { ProcessorName = "f" })
            .ToStream().To("out"));
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v", 1);
        Assert.Contains(tables.Seen, line => line.StartsWith("> f ", StringComparison.Ordinal));
        Assert.Equal(["v@1"], Read(driver));
    }

    [Fact]
    public void Two_stores_of_one_name_are_refused()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "calls-f" });
        builder.Stream<string, string>("other").Filter((_, _) => true, name: "f").To("out");

        Assert.Contains("'calls-f'", Assert.Throws<TopologyException>(
            () => builder.Build(new() { ProcessorWrapper = new Counting() })).Message, StringComparison.Ordinal);
    }

    private static TopologyTestDriver Driver(IProcessorWrapper wrapper, Action<StreamsBuilder> describe, ErrorHandler? handler = null)
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        describe(builder);
        var application = new StreamFlowOptions { ApplicationId = "app" };
        application.ProcessingErrorHandler = handler ?? application.ProcessingErrorHandler;
        return new TopologyTestDriver(builder.Build(new() { ProcessorWrapper = wrapper }), new() { Application = application });
    }

    private static List<string> Read(TopologyTestDriver driver) =>
        [.. driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadAll().Select(r => $"{r.Value}@{r.Timestamp}")];

    private sealed class Forwarding : ContextualFixedKeyProcessor<string, string, string>
    {
        public override void Process(FixedKeyRecord<string, string> record) => Context.Forward(record);
    }

    private sealed class ForwardingAll : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) => Context.Forward(record);
    }

    private sealed class Nothing : IProcessorWrapper
    {
        public ProcessorWrapperSupplier<TKey, TValue>? Wrap<TKey, TValue>(WrappedProcessor processor) => null;
    }

    /// <summary>Writes down what it is asked and what passes; the guarded one withholds "stop", fails at "outer" and adds 100 to the time.</summary>
    private sealed class Watching : IProcessorWrapper
    {
        public string? Guarded { get; init; }

        public List<string> Asked { get; } = [];

        public List<string> Seen { get; } = [];

        public ProcessorWrapperSupplier<TKey, TValue> Wrap<TKey, TValue>(WrappedProcessor processor)
        {
            Asked.Add($"{processor.Name} {(processor.KeepsKeys ? "keeps" : "changes")} [{string.Join(", ", processor.StoreNames)}]");
            return () => new Watch<TKey, TValue>(this, processor.Name);
        }

        private sealed class Watch<TKey, TValue>(Watching owner, string name) : IRecordWrapper<TKey, TValue>
        {
            public void Init(ProcessingContext context) => owner.Seen.Add($"init {name}");

            public void Process(in Record<TKey, TValue> record, WrappedCall<TKey, TValue> processor)
            {
                owner.Seen.Add($"> {name} {record.Value}");
                var value = record.Value as string;
                if (name != owner.Guarded)
                {
                    processor.Process(in record);
                }
                else if (value == "outer")
                {
                    throw new InvalidOperationException("outer");
                }
                else if (value != "stop")
                {
                    processor.Process(record.WithTimestamp(record.Timestamp + 100));
                }

                owner.Seen.Add($"< {name}");
            }

            public void Close() => owner.Seen.Add($"close {name}");
        }
    }

    /// <summary>Counts the calls of each processor by key, in a store.</summary>
    private sealed class Counting : IProcessorWrapper
    {
        public ProcessorWrapperSupplier<TKey, TValue>? Wrap<TKey, TValue>(WrappedProcessor processor)
        {
            if (typeof(TKey) != typeof(string) || processor.Name != "f")
            {
                return null;
            }

            var name = "calls-" + processor.Name;
            processor.AddStore(new KeyValueStoreBuilder<TKey, long>(name));
            return () => new Counter<TKey, TValue>(name);
        }

        private sealed class Counter<TKey, TValue>(string store) : IRecordWrapper<TKey, TValue>
        {
            private IKeyValueStore<TKey, long> _calls = null!;

            public void Init(ProcessingContext context) => _calls = context.GetStateStore<IKeyValueStore<TKey, long>>(store);

            public void Process(in Record<TKey, TValue> record, WrappedCall<TKey, TValue> processor)
            {
                _calls.Put(record.Key, (_calls.TryGet(record.Key, out var calls) ? calls : 0) + 1, record.Timestamp);
                processor.Process(in record);
            }
        }
    }
}
