using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Results that the broker or the client refuses, under exactly-once.</summary>
public sealed class RefusedResultTests
{
    private static readonly TopicPartition Input = new("in", 0);
    private static readonly string Large = new('x', 200);

    [Fact]
    public async Task Continue_leaves_out_what_the_broker_refuses_and_commits_the_rest()
    {
        await using var harness = Harness();
        var asked = new ConcurrentQueue<ErrorContext>();
        var application = await harness.StartAsync(Copy, Answer(asked, ErrorResponse.Continue));
        SendMixed(harness);
        await UntilCommitted(harness, 4);

        Assert.Equal(["1", "2", "3"], harness.Values("out"));
        Assert.Null(application.Status.Error);
        Assert.All(asked, e => Assert.Equal(
            (ErrorStage.Production, new TaskId(0, 0), "in", 1L), (e.Stage, e.TaskId, e.Topic, e.Offset)));
        Assert.Contains("MSG_SIZE_TOO_LARGE", Assert.Single(asked).Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_letter_sends_the_input_in_the_transaction_that_commits_and_once()
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(Copy, Answer(new(), ErrorResponse.DeadLetter));
        SendMixed(harness);
        await UntilCommitted(harness, 4);

        Assert.Equal(["1", "2", "3"], harness.Values("out"));
        var dead = Assert.Single(harness.Kafka.Read(new TopicPartition("dead", 0)));
        Assert.Equal(Large, Encoding.UTF8.GetString(dead.Value!));
        Assert.Equal("1", Encoding.UTF8.GetString(dead.Headers.Single(h => h.Key == "__streams.errors.offset").Value!));
        Assert.Null(application.Status.Error);
    }

    [Fact]
    public async Task Fail_ends_the_thread_at_once_and_names_the_record()
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(Copy, Answer(new(), ErrorResponse.Fail));
        SendMixed(harness);
        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure, long before TaskTimeout");

        Assert.Contains("record in-0 offset 1: ", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("MSG_SIZE_TOO_LARGE", application.Status.Error!.Message, StringComparison.Ordinal);
        var (_, stable, end) = harness.Kafka.Offsets(new TopicPartition("out", 0));
        Assert.Equal(end, stable);
    }

    [Fact]
    public async Task A_result_that_is_another_in_each_attempt_is_left_out_all_the_same()
    {
        await using var harness = Harness();
        var attempt = 0;
        await harness.StartAsync(
            builder => builder.Stream<string, string>("in")
                .MapValues(v => v.Length > 100 ? v + Interlocked.Increment(ref attempt) : v)
                .To("out"),
            Answer(new(), ErrorResponse.Continue));
        SendMixed(harness);
        await UntilCommitted(harness, 4);

        Assert.Equal(["1", "2", "3"], harness.Values("out"));
        Assert.Equal(2, attempt);
    }

    /// <summary>The dead letter of what a cache sends as it is flushed is the record that wrote the entry last.</summary>
    [Theory]
    [InlineData(ErrorResponse.Continue, 0)]
    [InlineData(ErrorResponse.DeadLetter, 1)]
    public async Task A_refused_result_of_a_cache_is_left_out_too(ErrorResponse answer, int deadLetters)
    {
        await using var harness = Harness();
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in")
                .GroupByKey()
                .Count(new() { Name = "counts" })
                .ToStream()
                .Map((key, count) => (key, key == "large" ? Large : count.ToString(CultureInfo.InvariantCulture)))
                .To("out"),
            options =>
            {
                Answer(new(), answer)(options);
                options.CacheMaxBytes = 1_000_000;
            });
        harness.Send("in", 0, "a", "v");
        harness.Send("in", 0, "large", "v");
        harness.Send("in", 0, "b", "v");
        await UntilCommitted(harness, 3);

        Assert.Equal(["1", "1"], harness.Values("out"));
        Assert.Equal(Enumerable.Repeat("v", deadLetters), harness.Values("dead"));
        Assert.Null(application.Status.Error);
    }

    /// <summary>A broker refuses batches; that a record was in one does not make it the guilty one.</summary>
    [Fact]
    public async Task Of_records_refused_together_only_those_refused_alone_are_left_out()
    {
        await using var harness = Harness();
        harness.Kafka.Faults.Delay(ClientCall.Produce, TimeSpan.FromSeconds(1), new FaultMatch { Topic = "out" });
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.Produce, KafkaErrorKind.Refused, new FaultMatch { Topic = "out", Nth = 3, Times = 2 });
        var asked = new ConcurrentQueue<ErrorContext>();
        SendMixed(harness);
        var application = await harness.StartAsync(Copy, Answer(asked, ErrorResponse.Continue));
        await AppHarness.Until(() => fault.Hits == 2, "the second of them");
        ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromSeconds(1));
        await UntilCommitted(harness, 4);

        Assert.Equal(["1", "2", "3"], harness.Values("out"));
        Assert.Equal(1, Assert.Single(asked).Offset);
        Assert.Null(application.Status.Error);
    }

    [Theory]
    [InlineData(ErrorResponse.Continue, 0)]
    [InlineData(ErrorResponse.DeadLetter, 1)]
    public async Task What_the_client_refuses_at_once_costs_no_transaction(ErrorResponse answer, int deadLetters)
    {
        await using var harness = Harness();
        var clients = new PickyClients(harness.Kafka, "out", maxBytes: 150);
        var application = await harness.StartAsync(Copy, Answer(new(), answer), clients: clients);
        SendMixed(harness);
        await UntilCommitted(harness, 4);

        Assert.Equal(["1", "2", "3"], harness.Values("out"));
        Assert.Equal(Enumerable.Repeat(Large, deadLetters), harness.Values("dead"));
        Assert.Equal((1, 0), (clients.Refused, clients.Aborts));
        Assert.Null(application.Status.Error);
    }

    private static AppHarness Harness()
    {
        var harness = new AppHarness(("in", 1), ("dead", 1));
        harness.Kafka.CreateTopic("out", 1, new Dictionary<string, string> { ["max.message.bytes"] = "100" });
        return harness;
    }

    private static void Copy(StreamsBuilder builder) => builder.Stream<string, string>("in").To("out");

    private static void SendMixed(AppHarness harness)
    {
        harness.Send("in", 0, "k", "1");
        harness.Send("in", 0, "k", Large);
        harness.Send("in", 0, "k", "2");
        harness.Send("in", 0, "k", "3");
    }

    private static Action<StreamFlowOptions> Answer(ConcurrentQueue<ErrorContext> asked, ErrorResponse answer) => options =>
    {
        CountingApplication.ExactlyOnce(options);
        options.DeadLetterTopic = "dead";
        options.ProductionErrorHandler = (in ErrorContext context) =>
        {
            asked.Enqueue(context);
            return answer;
        };
    };

    private static Task UntilCommitted(AppHarness harness, long offset) => AppHarness.Until(
        () => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == offset, $"the commit of {offset}");
}
