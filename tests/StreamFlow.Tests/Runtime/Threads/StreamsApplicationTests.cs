using StreamFlow.Clients;
using StreamFlow.Testing;
using StreamFlow.TestSupport;

namespace StreamFlow.Tests.Runtime;

public sealed class StreamsApplicationTests
{
    [Fact]
    public async Task Records_go_through_and_a_stop_commits_their_positions()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        harness.Send("in", 0, "a", "1");
        harness.Send("in", 1, "b", "2");

        var application = await harness.StartAsync(Upper, o => o.CommitInterval = TimeSpan.FromHours(1));
        await AppHarness.Until(() => harness.Values("out").Count == 2, "two results");
        await application.StopAsync();

        Assert.Equal(["1!", "2!"], harness.Values("out").Order());
        Assert.Equal(1, harness.Kafka.CommittedOffsets("app")[new TopicPartition("in", 0)].Offset);
        Assert.Equal(1, harness.Kafka.CommittedOffsets("app")[new TopicPartition("in", 1)].Offset);
        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    [Fact]
    public async Task A_restart_goes_on_behind_the_committed_records()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "a", "1");
        var first = await harness.StartAsync(Upper);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the first result");
        await first.StopAsync();

        harness.Send("in", 0, "a", "2");
        await harness.StartAsync(Upper);
        await AppHarness.Until(() => harness.Values("out").Count == 2, "the second result");

        Assert.Equal(["1!", "2!"], harness.Values("out"));
    }

    [Fact]
    public async Task The_states_go_from_created_to_running_to_not_running()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var builder = new StreamsBuilder();
        Upper(builder);
        var application = new StreamsApplication(builder.Build(), AppHarness.Options(), harness.Kafka);
        var seen = new List<StreamsState>();
        application.StateChanged += (_, state) => seen.Add(state);

        Assert.Equal(StreamsState.Created, application.State);
        await application.StartAsync();
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        await application.StopAsync();

        Assert.Equal(
            [StreamsState.Rebalancing, StreamsState.Running, StreamsState.PendingShutdown, StreamsState.NotRunning], seen);
        await application.Completion;
    }

    [Fact]
    public async Task A_missing_source_topic_fails_the_start_and_the_application()
    {
        await using var harness = new AppHarness(("out", 1));
        var builder = new StreamsBuilder();
        Upper(builder);
        var application = new StreamsApplication(builder.Build(), AppHarness.Options(), harness.Kafka);

        await Assert.ThrowsAsync<TopologyException>(() => application.StartAsync());

        Assert.Equal(StreamsState.Error, application.State);
        await Assert.ThrowsAsync<TopologyException>(() => application.Completion);
    }

    [Theory]
    [InlineData(ClientCall.DescribeTopics, 1)]
    [InlineData(ClientCall.DescribeTopics, 2)]
    [InlineData(ClientCall.DescribeTopics, 3)]
    [InlineData(ClientCall.CreateTopics, 1)]
    public async Task A_start_outlives_a_broker_that_goes_away_meanwhile(ClientCall call, int nth)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        if (call != ClientCall.CreateTopics)
        {
            // With the internal topics there, their configuration is looked at as well.
            await (await harness.StartAsync(CountingApplication.Build)).StopAsync();
        }

        var fault = harness.Kafka.Faults.Fail(call, KafkaErrorKind.Retriable, new FaultMatch { Nth = nth, Times = 2 });
        harness.Send("in", 0, "k", "v");

        await harness.StartAsync(CountingApplication.Build);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the result");

        Assert.True(fault.IsSpent);
    }

    [Theory]
    [InlineData(KafkaErrorKind.Retriable, true)]
    [InlineData(KafkaErrorKind.Fatal, false)]
    public async Task A_start_fails_with_the_cause_at_once_or_when_the_task_timeout_is_over(KafkaErrorKind kind, bool isTriedAgain)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(ClientCall.DescribeTopics, kind, new FaultMatch { Times = int.MaxValue });

        var failure = await Assert.ThrowsAsync<KafkaClientException>(
            () => harness.StartAsync(Upper, o => o.TaskTimeout = TimeSpan.FromMilliseconds(300)));

        Assert.Equal((kind, isTriedAgain), (failure.Kind, fault.Hits > 1));
    }

    [Fact]
    public async Task A_stop_ends_a_start_that_waits_for_the_broker()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.DescribeTopics, KafkaErrorKind.Retriable, new FaultMatch { Times = int.MaxValue });
        var application = New(harness);
        var start = Task.Run(() => application.StartAsync());
        await AppHarness.Until(() => fault.Hits > 0, "the first attempt");

        await Task.WhenAll(start, application.StopAsync()).WaitAsync(TimeSpan.FromSeconds(30));

        await application.Completion;
        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    [Fact]
    public async Task A_cancelled_start_is_a_stop_and_no_error()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = New(harness);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => application.StartAsync(new CancellationToken(canceled: true)));

        Assert.Equal(StreamsState.NotRunning, application.State);
        await application.Completion;
    }

    [Fact]
    public async Task A_stop_during_the_start_waits_for_it_and_no_thread_starts()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var held = harness.Kafka.Faults.Delay(ClientCall.DescribeTopics, TimeSpan.FromSeconds(5));
        var application = New(harness);
        var start = Task.Run(() => application.StartAsync());
        await AppHarness.Until(() => held.Hits == 1, "the start to ask for topics");

        var stop = application.StopAsync();
        Assert.False(stop.IsCompleted);
        Assert.Equal(StreamsState.PendingShutdown, application.State);
        ((VirtualTime)harness.Kafka.Time).Advance(TimeSpan.FromSeconds(5));
        await Task.WhenAll(start, stop).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Empty(application.Status.Threads);
        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    [Fact]
    public async Task A_stop_whose_wait_ended_early_goes_on_and_dispose_does_not_wait_for_it()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var reached = new Gate();
        using var release = new Gate();
        harness.Send("in", 0, "a", "1");
        var application = await harness.StartAsync(builder => builder.Stream<string, string>("in").MapValues(v =>
        {
            reached.Set();
            release.Wait();
            return v;
        }).To("out"));
        await AppHarness.Until(() => reached.IsSet, "the record");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => application.StopAsync(new CancellationToken(canceled: true)));
        var disposed = application.DisposeAsync().AsTask();
        Assert.True(disposed.IsCompletedSuccessfully);
        Assert.Equal(StreamsState.PendingShutdown, application.State);
        release.Set();
        await application.Completion.WaitAsync(TimeSpan.FromSeconds(30));

        await application.StopAsync(new CancellationToken(canceled: true));
        Assert.Equal(1, harness.Kafka.CommittedOffsets("app")[new TopicPartition("in", 0)].Offset);
    }

    [Fact]
    public async Task Two_instances_share_the_partitions_and_nothing_is_lost_when_one_leaves()
    {
        await using var harness = new AppHarness(("in", 4), ("out", 4));
        var first = await harness.StartAsync(Upper);
        var second = await harness.StartAsync(Upper);
        await AppHarness.Until(
            () => Tasks(first) == 2 && Tasks(second) == 2 && first.State == StreamsState.Running && second.State == StreamsState.Running,
            "two tasks each");
        SendHundred(harness, from: 0);
        await first.StopAsync();
        await AppHarness.Until(() => Tasks(second) == 4, "all tasks at the second instance");
        SendHundred(harness, from: 100);

        await AppHarness.Until(() => harness.Values("out").Distinct().Count() == 200, "every record");
        Assert.Equal(StreamsState.Running, second.State);
    }

    [Fact]
    public async Task A_failed_commit_in_a_rebalance_neither_parks_nor_kills_the_thread()
    {
        await using var harness = new AppHarness(("in", 4), ("out", 4));
        harness.Kafka.Faults.Fail(ClientCall.CommitOffsets, KafkaErrorKind.Migrated, new FaultMatch { Times = 5 });
        var first = await harness.StartAsync(Upper);
        SendHundred(harness, from: 0);
        var second = await harness.StartAsync(Upper);
        await AppHarness.Until(() => Tasks(first) == 2 && Tasks(second) == 2, "two tasks each");
        SendHundred(harness, from: 100);

        await AppHarness.Until(() => harness.Values("out").Distinct().Count() == 200, "every record");
        Assert.Null(first.Status.Error);
        Assert.Null(second.Status.Error);
    }

    [Fact]
    public async Task A_poison_record_stops_the_client_with_an_error_that_names_it()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "a", "ok");
        harness.Send("in", 0, "a", "poison");

        var application = await harness.StartAsync(Picky);
        var error = await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Contains("in-0 offset 1", error.Message, StringComparison.Ordinal);
        Assert.Equal(StreamsState.Error, application.State);
    }

    [Fact]
    public async Task A_replaced_thread_goes_on_from_the_last_commit()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "a", "flaky");
        harness.Send("in", 0, "a", "later");
        var failures = 0;

        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in")
                .MapValues(v => v == "flaky" && failures++ < 2 ? throw new InvalidOperationException("not yet") : v)
                .To("out"),
            o => o.ThreadFailureHandler = _ => ThreadFailureResponse.ReplaceThread);
        await AppHarness.Until(() => harness.Values("out").Contains("later"), "the record behind the flaky one");

        Assert.Equal(3, failures);
        Assert.Equal(["flaky", "later"], harness.Values("out"));
        Assert.Single(application.Status.Threads);
    }

    [Fact]
    public async Task A_dead_letter_carries_the_input_and_the_reason_and_the_rest_goes_on()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1), ("dead", 1));
        harness.Send("in", 0, "k", "poison", timestamp: 7);
        harness.Send("in", 0, "k", "fine");

        await harness.StartAsync(Picky, o =>
        {
            o.DeadLetterTopic = "dead";
            o.ProcessingErrorHandler = static (in ErrorContext _) => ErrorResponse.DeadLetter;
        });
        await AppHarness.Until(() => harness.Values("out").Count == 1 && harness.Values("dead").Count == 1, "both records");

        var letter = harness.Kafka.Read(new TopicPartition("dead", 0))[0];
        Assert.Equal(["poison"], harness.Values("dead"));
        Assert.Equal("k"u8.ToArray(), letter.Key);
        Assert.Equal(7, letter.Timestamp);
        Assert.True(letter.Headers.TryGetLast("__streams.errors.offset", out var offset));
        Assert.Equal("0"u8.ToArray(), offset);
    }

    [Fact]
    public async Task A_repartition_topic_is_created_read_and_purged_once_committed()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        harness.Send("in", 0, "a", "1");
        harness.Send("in", 1, "b", "2");

        await harness.StartAsync(
            builder => builder.Stream<string, string>("in").SelectKey((_, v) => v).Repartition().To("out"),
            o => o.RepartitionPurgeInterval = TimeSpan.FromMilliseconds(1));
        await AppHarness.Until(() => harness.Values("out").Count == 2, "two results");

        var topic = Assert.Single(harness.Kafka.Topics, t => t.EndsWith("-repartition", StringComparison.Ordinal));
        harness.Send("in", 0, "c", "3");
        await AppHarness.Until(() => harness.Values("out").Count == 3, "a third result");
        await AppHarness.Until(
            () => Enumerable.Range(0, 2).Sum(p => harness.Kafka.Offsets(new TopicPartition(topic, p)).Beginning) >= 2,
            "the first records purged");
    }

    [Fact]
    public async Task Deliveries_that_fail_for_good_reach_the_production_handler()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Abortable, new FaultMatch { Topic = "out" });
        harness.Send("in", 0, "a", "refused");
        harness.Send("in", 0, "a", "accepted");
        var asked = 0;

        await harness.StartAsync(Upper, o => o.ProductionErrorHandler = (in ErrorContext error) =>
        {
            asked++;
            return (error.Topic, error.Offset, error.Operator) == ("in", 0, "KSTREAM-SINK-0000000002")
                ? ErrorResponse.Continue
                : ErrorResponse.Fail;
        });
        await AppHarness.Until(
            () => harness.Values("out").Contains("accepted!") && Volatile.Read(ref asked) > 0, "the second record and the question");

        Assert.Equal(1, asked);
        Assert.Equal(["accepted!"], harness.Values("out"));
    }

    private static StreamsApplication New(AppHarness harness)
    {
        var builder = new StreamsBuilder();
        Upper(builder);
        return new StreamsApplication(builder.Build(), AppHarness.Options(), harness.Kafka);
    }

    private static void Upper(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").MapValues(v => v + "!").To("out");

    private static void Picky(StreamsBuilder builder) =>
        builder.Stream<string, string>("in")
            .MapValues(v => v == "poison" ? throw new InvalidOperationException("I do not like it") : v)
            .To("out");

    private static int Tasks(StreamsApplication application) =>
        application.Status.Threads.Sum(t => t.Tasks.Count(task => task.State == TaskState.Running));

    private static void SendHundred(AppHarness harness, int from)
    {
        for (var i = from; i < from + 100; i++)
        {
            harness.Send("in", i % 4, "k" + i, "v" + i);
        }
    }
}
