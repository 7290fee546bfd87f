using StreamFlow.Processing;
using StreamFlow.Tests.Dsl;
using StreamFlow.Tests.Runtime;

namespace StreamFlow.Tests.Processing;

/// <summary>
/// What happens to a failure on its way up through operators that it has nothing to do with, among them ones whose code
/// catches whatever comes out of handing a record on.
/// </summary>
public sealed class HandledFailureTests
{
    private readonly List<string> _asked = [];

    [Fact]
    public void A_failure_that_was_handled_is_nobody_elses()
    {
        var harness = Harness(ErrorResponse.Fail, (task, node, next) => new Caller(task, node, next, handles: true));

        var error = Assert.Throws<RecordFailedException>(() => harness.Pipe("in", "k", "bad", 1));

        Assert.Equal(["KSTREAM-MAPVALUES-0000000002"], _asked);
        Assert.Contains("KSTREAM-MAPVALUES-0000000002 failed in Processing", error.Message, StringComparison.Ordinal);
        Assert.Equal("boom", error.InnerException!.Message);
    }

    [Fact]
    public void A_failure_that_was_let_through_goes_unnoticed_by_the_operators_before()
    {
        var harness = Harness(ErrorResponse.Continue, (task, node, next) => new Caller(task, node, next, handles: true));
        harness.Pipe("in", "k", "bad", 1);
        harness.Pipe("in", "k", "good", 2);

        Assert.Equal(["KSTREAM-MAPVALUES-0000000002"], _asked);
        Assert.Equal("k=good@2", harness.Read("out"));
        Assert.Equal(1, harness.Dropped);
    }

    [Fact]
    public void A_broken_environment_is_no_failure_of_the_record()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Append("caller", "CALLER-", (node, task, next) => new Caller(task, node, next, handles: true))
            .Repartition()
            .To("out");
        var harness = new TaskHarness(builder.Build(), Handler(ErrorResponse.Continue));
        harness.Producer.Broken = new KafkaClientException("Fenced.", KafkaErrorKind.Fatal);

        Assert.Throws<KafkaClientException>(() => harness.Pipe("in", "k", "good", 1));
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce, false)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, true)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, false)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, true)]
    public async Task A_failure_that_user_code_swallows_fails_the_commit(ProcessingGuarantee guarantee, bool behindCache)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "good");
        harness.Send("in", 0, "l", "bad");
        harness.Send("in", 0, "m", "good");
        var application = await harness.StartAsync(
            builder =>
            {
                var stream = builder.Stream<string, string>("in");
                if (behindCache)
                {
                    stream = stream.GroupByKey().Aggregate(() => "", (_, v, _) => v, new() { Name = "st" }).ToStream();
                }

                stream
                    .Append("caller", "CALLER-", (node, task, next) => new Caller(task, node, next, handles: false))
                    .MapValues(v => v == "bad" ? throw new InvalidOperationException("boom") : v)
                    .To("out");
            },
            options =>
            {
                options.ProcessingGuarantee = guarantee;
                options.CacheMaxBytes = behindCache ? 1_000_000 : 0;
            });
        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure that nobody let through");

        Assert.Contains("record in-0 offset 1: boom", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.InRange(harness.Kafka.CommittedOffsets("app").GetValueOrDefault(new TopicPartition("in", 0)).Offset, 0, 1);
    }

    private TaskHarness Harness(
        ErrorResponse answer, Func<TaskContext, string, Processor<string, string>, Processor<string, string>> create)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .Append("caller", "CALLER-", (node, task, next) => create(task, node, next))
            .MapValues(v => v == "bad" ? throw new InvalidOperationException("boom") : v)
            .To("out");
        return new TaskHarness(builder.Build(), Handler(answer));
    }

    private ErrorHandler Handler(ErrorResponse answer)
    {
        return Handle;

        ErrorResponse Handle(in ErrorContext error)
        {
            _asked.Add(error.Operator);
            return answer;
        }
    }

    /// <summary>Stands for user code that hands records on itself and catches what comes of it.</summary>
    private sealed class Caller(TaskContext task, string name, Processor<string, string> next, bool handles)
        : Processor<string, string>(name)
    {
        public override void Process(in Record<string, string> record)
        {
            try
            {
                next.Process(in record);
            }
            catch (Exception e)
            {
                if (handles)
                {
                    task.Errors.Handle(task, this, ErrorStage.Processing, e);
                }
            }
        }
    }
}
