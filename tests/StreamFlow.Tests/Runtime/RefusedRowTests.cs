using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Records that changelogs and repartition topics refuse: the handler is asked as for any result.</summary>
public sealed class RefusedRowTests
{
    private const string Changelog = "app-st-changelog";
    private const string Repartition = "app-again-repartition";
    private static readonly TopicPartition Input = new("in", 0);
    private static readonly string Large = new('x', 200);

    public static TheoryData<ProcessingGuarantee, bool, bool> Modes
    {
        get
        {
            var modes = new TheoryData<ProcessingGuarantee, bool, bool>();
            foreach (var guarantee in Enum.GetValues<ProcessingGuarantee>())
            {
                modes.Add(guarantee, false, false);
                modes.Add(guarantee, false, true);
                modes.Add(guarantee, true, false);
                modes.Add(guarantee, true, true);
            }

            return modes;
        }
    }

    /// <summary>
    /// Whoever hears of the refusal before the row is staged takes the row back, with all that was told of it. At least once the
    /// broker's refusal comes too late for that: then only the changelog does without.
    /// </summary>
    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_row_that_the_changelog_refuses(ProcessingGuarantee guarantee, bool cached, bool byClient)
    {
        await using var run = new Run(guarantee, cached, Changelog, byClient);
        await run.StartAsync(Concatenate, ErrorResponse.DeadLetter);
        await run.SendAllAsync();

        var isTakenBack = byClient || guarantee == ProcessingGuarantee.ExactlyOnce;
        Assert.All(run.Asked, error =>
        {
            Assert.Equal(
                (ErrorStage.Production, "st", new TaskId(0, 0), "in"), (error.Stage, error.Operator, error.TaskId, error.Topic));
            Assert.Contains(Changelog, error.Exception.Message, StringComparison.Ordinal);
        });

        // A row that stays is as large after the next update.
        Assert.Equal(isTakenBack ? [1L] : [1L, 3L], run.Asked.Select(error => error.Offset));
        Assert.Equal(isTakenBack ? [Large] : [Large, "d"], run.Harness.Values("dead"));
        Assert.Equal(isTakenBack ? "ad" : $"a{Large}d", run.ValuesOf("k", "out").Last());
        Assert.Equal(isTakenBack ? ["a", "ad"] : ["a"], run.ValuesOf("k", Changelog));
        Assert.Equal(["c"], run.ValuesOf("l", Changelog));
        Assert.Null(run.Application.Status.Error);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_record_that_the_repartition_topic_refuses(ProcessingGuarantee guarantee, bool cached, bool byClient)
    {
        await using var run = new Run(guarantee, cached, Repartition, byClient);
        await run.StartAsync(Again, ErrorResponse.Continue);
        await run.SendAllAsync();

        var error = Assert.Single(run.Asked);
        Assert.Equal(
            (ErrorStage.Production, new TaskId(0, 0), "in", 1L), (error.Stage, error.TaskId, error.Topic, error.Offset));
        Assert.Equal("again-repartition-sink", error.Operator);
        await AppHarness.Until(() => run.Harness.Values("out").Count == 3, "three results");
        Assert.Equal(["a", "c", "d"], run.Harness.Values("out"));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Fail_names_the_input_of_a_row_that_the_changelog_refuses(ProcessingGuarantee guarantee, bool cached, bool byClient)
    {
        await using var run = new Run(guarantee, cached, Changelog, byClient);
        await run.StartAsync(Concatenate, ErrorResponse.Fail);
        run.Harness.Send("in", 0, "k", "a");
        await run.UntilCommitted(1);
        run.Harness.Send("in", 0, "k", Large);
        await AppHarness.Until(() => run.Application.State == StreamsState.Error, "the failure, long before TaskTimeout");

        Assert.Contains("Task 0_0: st failed in Production on record in-0 offset 1: ", run.Application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("MSG_SIZE_TOO_LARGE", run.Application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(Changelog, run.Application.Status.Error!.Message, StringComparison.Ordinal);
    }

    /// <summary>Rows refused together are sent one by one in the next attempt, and all of them are in the changelog.</summary>
    [Fact]
    public async Task Of_rows_refused_together_in_a_transaction_none_is_left_out()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Delay(ClientCall.Produce, TimeSpan.FromSeconds(1), new FaultMatch { Topic = CountingApplication.ChangelogTopic });
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.Produce, KafkaErrorKind.Refused,
            new FaultMatch { Topic = CountingApplication.ChangelogTopic, Nth = 2, Times = 3 });
        for (var i = 0; i < 5; i++)
        {
            harness.Send("in", 0, $"k{i}", "v");
        }

        var application = await harness.StartAsync(CountingApplication.Build, options =>
        {
            CountingApplication.ExactlyOnce(options);

            // All five are processed before the first flush.
            options.CommitInterval = TimeSpan.FromSeconds(2);
        });
        await AppHarness.Until(() => fault.Hits == 3, "the refusals");
        ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromSeconds(1));
        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == 5, "the commit");

        Assert.Null(application.Status.Error);
        Assert.Equal(5, harness.Kafka.Read(new TopicPartition(CountingApplication.ChangelogTopic, 0)).Count);
        Assert.Equal(["1", "1", "1", "1", "1"], harness.Values("out"));
    }

    /// <summary>An outage is no fault of a record: no handler is asked, and what is not committed is processed again.</summary>
    [Fact]
    public async Task A_record_that_could_not_be_delivered_in_time_is_not_left_out()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Retriable, new FaultMatch { Topic = "out" });
        harness.Send("in", 0, "k", "a");
        var asked = 0;
        await harness.StartAsync(b => b.Stream<string, string>("in").To("out"), options =>
        {
            options.ProductionErrorHandler = (in ErrorContext _) =>
            {
                asked++;
                return ErrorResponse.Continue;
            };
            options.ThreadFailureHandler = _ => ThreadFailureResponse.ReplaceThread;
        });
        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == 1, "the commit");

        Assert.Equal(["a"], harness.Values("out"));
        Assert.Equal(0, asked);
    }

    private static void Concatenate(StreamsBuilder builder) =>
        builder.Stream<string, string>("in")
            .GroupByKey()
            .Aggregate(() => "", (_, v, a) => a + v, new() { Name = "st" })
            .ToStream()
            .To("out");

    private static void Again(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").SelectKey((k, _) => k).Repartition(new() { Name = "again" }).To("out");

    private sealed class Run(ProcessingGuarantee guarantee, bool cached, string topic, bool byClient) : IAsyncDisposable
    {
        public AppHarness Harness { get; } = new(("in", 1), ("out", 1), ("dead", 1));

        public ConcurrentQueue<ErrorContext> Asked { get; } = new();

        public StreamsApplication Application { get; private set; } = null!;

        public async Task StartAsync(Action<StreamsBuilder> topology, ErrorResponse answer)
        {
            var configs = new Dictionary<string, string>
            {
                ["cleanup.policy"] = topic == Changelog ? "compact" : "delete",
            };
            if (!byClient)
            {
                configs["max.message.bytes"] = "150";
            }

            Harness.Kafka.CreateTopic(topic, 1, configs);
            Application = await Harness.StartAsync(
                topology,
                options =>
                {
                    options.ProcessingGuarantee = guarantee;
                    options.CacheMaxBytes = cached ? 1_000_000 : 0;
                    options.DeadLetterTopic = "dead";
                    options.ProductionErrorHandler = (in ErrorContext context) =>
                    {
                        Asked.Enqueue(context);
                        return answer;
                    };
                },
                clients: byClient ? new PickyClients(Harness.Kafka, topic, 150) : null);
        }

        public async Task SendAllAsync()
        {
            Harness.Send("in", 0, "k", "a");
            await UntilCommitted(1);
            Harness.Send("in", 0, "k", Large);
            Harness.Send("in", 0, "l", "c");
            await UntilCommitted(3);
            Harness.Send("in", 0, "k", "d");
            await UntilCommitted(4);
        }

        public Task UntilCommitted(long offset) => AppHarness.Until(
            () => Harness.Kafka.CommittedOffsets("app").GetValueOrDefault(Input).Offset == offset,
            string.Create(CultureInfo.InvariantCulture, $"the commit of {offset}"));

        public IEnumerable<string> ValuesOf(string key, string source) =>
            from record in Harness.Kafka.Read(new TopicPartition(source, 0))
            where Encoding.UTF8.GetString(record.Key!) == key
            select Encoding.UTF8.GetString(record.Value!);

        public ValueTask DisposeAsync() => Harness.DisposeAsync();
    }
}
