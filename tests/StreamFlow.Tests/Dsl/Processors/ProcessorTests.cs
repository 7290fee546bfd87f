using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

public sealed class ProcessorTests
{
    [Fact]
    public void Store_keeps_state_and_is_restored_from_its_changelog()
    {
        var builder = new StreamsBuilder();
        builder.AddStateStore(new KeyValueStoreBuilder<string, long>("counts"));
        builder.Stream<string, string>("in").ProcessValues(() => new Counting(), new() { StoreNames = ["counts"] }).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "a", 1);
        harness.Pipe("in", "k", "b", 2);

        Assert.Equal([1L, 2L], harness.Take("out").Select(r => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(r.Value)));
        Assert.Equal(2, harness.Take("app-counts-changelog").Count);
    }

    [Fact]
    public void Record_goes_to_the_child_that_is_named()
    {
        var builder = new StreamsBuilder();
        var processed = builder.Stream<string, string>("in").Process(
            () => new Given((c, r) => c.Forward(r, r.Value)), new() { Name = "p" });
        processed.MapValues(v => "1" + v, "one").To("out1");
        processed.MapValues(v => "2" + v, "two").To("out2");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "two", 1);
        Assert.Equal("-", harness.Read("out1"));
        Assert.Equal("k=2two@1", harness.Read("out2"));

        var error = Assert.Throws<StreamsException>(() => harness.Pipe("in", "k", "three", 1));
        Assert.Contains("'three', which is not one of its children: one, two", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_forwarded_outside_of_a_call()
    {
        ProcessorContext<string, string>? kept = null;
        Exception? inInit = null;
        Exception? elsewhere = null;
        var harness = Run(
            init: c =>
            {
                kept = c;
                inInit = Xunit.Record.Exception(() => c.Forward(new Record<string, string>("k", "init", 1)));
            },
            process: (c, r) =>
            {
                var thread = new Thread(() => elsewhere = Xunit.Record.Exception(() => c.Forward(r)));
                thread.Start();
                thread.Join();
                c.Forward(r);
            });

        harness.Pipe("in", "k", "v", 1);
        var after = Xunit.Record.Exception(() => kept!.Forward(new Record<string, string>("k", "after", 1)));

        Assert.Equal("k=v@1", harness.Read("out"));
        Assert.All([inInit, elsewhere, after], e => Assert.Contains(
            "Forward inside of Process", Assert.IsType<InvalidOperationException>(e).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Negative_time_is_the_record_s_failure()
    {
        var failures = new List<string>();
        var harness = Run(
            process: (c, r) => c.Forward(r.WithTimestamp(-1)),
            handler: (in ErrorContext error) =>
            {
                failures.Add(error.Operator + ": " + error.Exception.GetType().Name);
                return ErrorResponse.Continue;
            });

        harness.Pipe("in", "k", "v", 1);

        Assert.Equal(["p: ArgumentException"], failures);
        Assert.Equal(1, harness.DroppedBy(DropReason.Processing));
    }

    [Fact]
    public void Failure_further_down_is_not_the_processor_s_even_if_it_is_swallowed()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Process(() => new Given((c, r) => Xunit.Record.Exception(() => c.Forward(r))), new() { Name = "p" })
            .MapValues<string>(_ => throw new FormatException("no"), "m")
            .To("out");
        var operators = new List<string>();
        var harness = new TaskHarness(builder.Build(), (in ErrorContext error) =>
        {
            operators.Add(error.Operator);
            return ErrorResponse.Fail;
        });

        harness.Process("in", "k"u8.ToArray(), "v"u8.ToArray(), 1);

        Assert.Equal(["m"], operators);
    }

    [Fact]
    public void Store_of_another_type_or_not_connected_is_told_with_the_names()
    {
        var messages = new List<string>();
        Run(
            init: c =>
            {
                messages.Add(Xunit.Record.Exception(() => c.GetStateStore<IKeyValueStore<string, long>>("st")).Message);
                messages.Add(Xunit.Record.Exception(() => c.GetStateStore<IKeyValueStore<string, string>>("other")).Message);
                Assert.NotNull(c.GetStateStore<IKeyValueStore<string, string>>("st"));
            },
            stores: new KeyValueStoreBuilder<string, string>("st"));

        Assert.Contains("Processor p asks for store 'st' as", messages[0], StringComparison.Ordinal);
        Assert.Contains("Processor p has no access to store 'other'", messages[1], StringComparison.Ordinal);
        Assert.Contains("Connected are: st", messages[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Init_that_fails_is_told_with_the_processor()
    {
        var error = Assert.Throws<StreamsException>(() => Run(init: _ => throw new FormatException("broken")));

        Assert.Contains("Processor p of task 0_0 failed in Init: broken", error.Message, StringComparison.Ordinal);
        Assert.IsType<FormatException>(error.InnerException);
    }

    [Fact]
    public void Base_that_was_not_initialized_says_so()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new ForgetsBase()).To("out");
        var harness = new TaskHarness(builder.Build());

        var error = Assert.Throws<RecordFailedException>(() => harness.Pipe("in", "k", "v", 1));

        Assert.Contains("base.Init(context)", error.InnerException!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Supplier_that_makes_the_same_processor_again_is_refused()
    {
        var one = new Given((_, _) => { });
        var stream = new StreamsBuilder().Stream<string, string>("in");

        Assert.Contains("the same Given again", Assert.Throws<ArgumentException>(
            () => stream.Process(() => one)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => stream.Process<string, string>(() => null!));
        Assert.Throws<ArgumentException>(() => new Topology().AddProcessor("p", () => one, "s"));
    }

    [Fact]
    public void Optimisation_moves_no_processor_behind_a_merged_topic()
    {
        var builder = new StreamsBuilder();
        var processed = builder.Stream<string, string>("in").SelectKey((_, v) => v).Process(
            () => new Given((c, r) => c.Forward(r.WithKey(r.Key + "!"))));
        processed.GroupByKey().Count(new() { Name = "a" }).ToStream().To("out1");
        processed.GroupByKey().Count(new() { Name = "b" }).ToStream().To("out2");

        var harness = new TaskHarness(builder.Build(new TopologyOptions { Optimization = TopologyOptimization.All }));
        harness.Pipe("in", "k", "v", 1);

        Assert.Equal("v!", System.Text.Encoding.UTF8.GetString(Assert.Single(harness.Take("app-a-repartition")).Key!));
    }

    [Fact]
    public void Splitting_and_processing_allocate_nothing()
    {
        var builder = new StreamsBuilder();
        var branches = builder.Stream<long, long>("in").Split("s-")
            .Branch((key, _) => key % 2 == 0, new() { Name = "even" }).DefaultBranch();
        branches["s-even"].Process(() => new Passing(), new() { Name = "p" }).To("even");
        branches["s-0"].ProcessValues(() => new PassingValues()).To("odd");
        var harness = new TaskHarness(builder.Build(), keep: false);
        var (key, value) = (new byte[8], new byte[8]);

        var (allocated, rounds) = SteadyAllocation.Measure(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                key[7] = (byte)(i % 100);
                harness.Process("in", key, value, 1000 + i);
            }
        });

        Assert.Equal(0, allocated);
        Assert.Equal(rounds * 10_000, harness.Producer.Count);
    }

    private static TaskHarness Run(
        Action<ProcessorContext<string, string>, Record<string, string>>? process = null,
        Action<ProcessorContext<string, string>>? init = null, ErrorHandler? handler = null, params StoreBuilder[] stores)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Process(() => new Given(process ?? ((_, _) => { }), init), new() { Name = "p", Stores = stores })
            .To("out");
        return new TaskHarness(builder.Build(), handler);
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

    private sealed class Passing : ContextualProcessor<long, long, long, long>
    {
        public override void Process(Record<long, long> record) => Context.Forward(record);
    }

    private sealed class PassingValues : ContextualFixedKeyProcessor<long, long, long>
    {
        public override void Process(FixedKeyRecord<long, long> record) => Context.Forward(record.WithValue(record.Value + 1));
    }

    private sealed class ForgetsBase : ContextualProcessor<string, string, string, string>
    {
        public override void Init(ProcessorContext<string, string> context)
        {
        }

        public override void Process(Record<string, string> record) => Context.Forward(record);
    }

    private sealed class Counting : ContextualFixedKeyProcessor<string, string, long>
    {
        private IKeyValueStore<string, long> _counts = null!;

        public override void Init(FixedKeyProcessorContext<string, long> context)
        {
            base.Init(context);
            _counts = context.GetStateStore<IKeyValueStore<string, long>>("counts");
        }

        public override void Process(FixedKeyRecord<string, string> record)
        {
            _counts.TryGet(record.Key, out var count);
            _counts.Put(record.Key, count + 1, record.Timestamp);
            Context.Forward(record.WithValue(count + 1));
        }
    }
}
