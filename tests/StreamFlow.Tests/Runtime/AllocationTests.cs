using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.State;
using StreamFlow.Tests.Dsl;
using StreamFlow.Tests.Tracing;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// From a partition's queue to the producer no record costs an object, whatever a thread looks after between runs. Nothing else runs
/// meanwhile: what listens to one application of the process listens to all.
/// </summary>
[Collection(TraceCollection.Name)]
public sealed class AllocationTests
{
    private const int Batches = 200;
    private const string ApplicationId = "allocations";
    private static readonly ApplicationMeter Meter = new(ApplicationId);

    [Fact]
    public void A_pass_through_allocates_nothing_per_record() =>
        Assert.Equal(0, Measure(builder => builder.Stream<long, long>("in").To("out"), new FakeReader("in")));

    [Fact]
    public void What_is_measured_allocates_nothing_per_record()
    {
        var measured = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                // Those of every application that was made before would be too many.
                if (instrument.Meter.Scope == Meter)
                {
                    own.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => measured++);
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => measured++);
        listener.Start();

        var allocated = Measure(builder => builder.Stream<long, long>("in").To("out"), new FakeReader("in"));

        listener.RecordObservableInstruments();
        Assert.Equal(0, allocated);
        Assert.NotEqual(0, measured);
    }

    /// <summary>What a handler would be shown of a record that fails costs nothing while none does.</summary>
    [Fact]
    public void Operators_that_might_fail_allocate_nothing_per_record() =>
        Assert.Equal(0, Measure(
            builder => builder.Stream<long, long>("in")
                .Filter((_, v) => v >= 0)
                .MapValues((_, v) => v + 1)
                .Peek((_, _) => { })
                .Map((k, v) => (k, v - 1))
                .Map(record => record.WithValue(record.Value + 1))
                .SelectKey((k, _) => k)
                .To("out", new() { Partitioner = (_, record, count) => (int)(record.Key % count) }),
            new FakeReader("in")));

    /// <summary>Left joins with an empty table, whose results are where a traced one would have its span.</summary>
    [Fact]
    public void Joins_that_nobody_traces_allocate_nothing_per_record() =>
        Assert.Equal(0, Measure(
            Joined, new FakeReader("in"), new FakeReader("table") { AtTheEnd = true }));

    [Fact]
    public void Records_that_are_not_sampled_allocate_nothing_while_somebody_traces()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "StreamFlow",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);

        Assert.Equal(0, Measure(Joined, new FakeReader("in"), new FakeReader("table") { AtTheEnd = true }));
    }

    private static void Joined(StreamsBuilder builder) =>
        builder.Stream<long, long>("in").LeftJoin(builder.Table<long, long>("table"), (value, _) => value).To("out");

    [Fact]
    public void An_idle_input_and_a_punctuation_allocate_nothing_per_record()
    {
        var idle = new FakeReader("idle") { AtTheEnd = true };

        Assert.Equal(0, Measure(
            builder => builder.Stream<long, long>("in").Merge(builder.Stream<long, long>("idle"))
                .Append("tick", "TICK-", (name, task, next) => new Ticking(name, task, next)).To("out"),
            new FakeReader("in"),
            idle));
    }

    /// <returns>Bytes allocated by turns of a thread over some 50,000 records, once all is warm.</returns>
    private static long Measure(Action<StreamsBuilder> describe, params FakeReader[] readers)
    {
        var builder = new StreamsBuilder();
        describe(builder);
        using var producer = new FakeProducer(4, keep: false);
        var budget = new CacheBudget(0, long.MaxValue);
        var task = TaskOf(builder.Build().Plan.SubTopologies[0], producer, budget);
        task.OpenStores((_, names) => new InMemoryBackend(names));
        task.Run([.. readers.Select(r => new TaskInput(r.Partition.Topic, r, new PartitionOffset(r.Partition, -1)))]);
        var turns = new Turns(
            new TurnLimits(new StreamFlowOptions { ApplicationId = ApplicationId }), TimeProvider.System, budget, new ThreadSignals());
        StreamTask[] running = [task];
        void Drain()
        {
            while (turns.Take(running, TimeSpan.Zero) > 0)
            {
            }
        }

        var (allocated, rounds) = SteadyAllocation.Measure(Drain, prepare: () => Fill(readers[0]));

        Assert.Equal(rounds * Batches * 256, producer.Count);
        task.Close();
        return allocated;
    }

    private static void Fill(FakeReader reader)
    {
        for (var i = 0; i < Batches; i++)
        {
            reader.Add([.. Enumerable.Range(i * 256, 256)]);
        }
    }

    private static StreamTask TaskOf(SubTopology subTopology, FakeProducer producer, CacheBudget budget)
    {
        static ErrorResponse Fail(in ErrorContext context) => ErrorResponse.Fail;
        var id = new TaskId(subTopology.Id, 0);
        var context = new TaskContext
        {
            TaskId = id,
            ApplicationId = ApplicationId,
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
            Collector = new RecordCollector(producer, new SentResults()),
            Errors = new ErrorPolicy(Fail, Fail, Fail, null),
            Metrics = new TaskMetrics(Meter, id),
            Budget = budget,
        };
        return new StreamTask(subTopology, context, TimeSpan.Zero) { Inputs = [] };
    }

    private sealed class Ticking(string name, TaskContext task, Processor<long, long> next) : Processor<long, long>(name)
    {
        private long _calls;

        public override void Init(TaskContext context) =>
            task.Schedule(this, PunctuationType.StreamTime, TimeSpan.FromMilliseconds(1), _ => _calls++);

        public override void Process(in Record<long, long> record) => next.Process(in record);

        public override void Close() => Assert.NotEqual(0, _calls);
    }
}
