using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

public sealed class ExactlyOnceFaultTests
{
    public static TheoryData<ClientCall, KafkaErrorKind, bool> Faults()
    {
        var data = new TheoryData<ClientCall, KafkaErrorKind, bool>();
        foreach (var call in new[]
        {
            ClientCall.Produce, ClientCall.InitTransactions, ClientCall.SendOffsetsToTransaction,
            ClientCall.CommitTransaction, ClientCall.AbortTransaction, ClientCall.Committed,
        })
        {
            foreach (var kind in Enum.GetValues<KafkaErrorKind>())
            {
                // No client reports an offset out of range here, what is refused ends the thread, and so does a group
                // that cannot be asked for positions in a way that the client does not mend.
                if (kind is not (KafkaErrorKind.OffsetOutOfRange or KafkaErrorKind.Refused)
                    && (call != ClientCall.Committed || kind is KafkaErrorKind.Retriable or KafkaErrorKind.Migrated))
                {
                    data.Add(call, kind, false);
                    data.Add(call, kind, true);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Each_failing_call_leaves_every_effect_once(ClientCall call, KafkaErrorKind kind, bool answerLost)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var nth = call is ClientCall.InitTransactions or ClientCall.AbortTransaction or ClientCall.Committed ? 1 : 3;
        var match = new FaultMatch { Nth = nth, Times = 2 };
        var fault = answerLost
            ? harness.Kafka.Faults.LoseAnswer(call, kind, match)
            : harness.Kafka.Faults.Fail(call, kind, match);
        if (call is ClientCall.AbortTransaction)
        {
            harness.Kafka.Faults.Fail(
                ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Abortable, new FaultMatch { Nth = 2, Times = 4 });
        }

        var application = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);
        for (var wave = 0; wave < 6; wave++)
        {
            CountingApplication.SendWave(harness, wave);
            await CountingApplication.UntilAllAreOut(harness);
        }

        await application.StopAsync();

        Assert.True(fault.Hits > 0, "The fault did not strike.");
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Theory]
    [InlineData("out")]
    [InlineData(CountingApplication.ChangelogTopic)]
    public async Task A_refused_delivery_aborts_and_the_records_are_processed_again(string topic)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(
            ClientCall.Produce, KafkaErrorKind.Abortable, new FaultMatch { Nth = 4, Times = 1, Topic = topic });
        var application = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);
        for (var wave = 0; wave < 4; wave++)
        {
            CountingApplication.SendWave(harness, wave);
            await CountingApplication.UntilAllAreOut(harness);
        }

        Assert.True(fault.IsSpent);
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task A_thread_that_cannot_commit_for_the_task_timeout_fails_and_says_so()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Fail(
            ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Abortable, new FaultMatch { Times = int.MaxValue });
        var application = await harness.StartAsync(CountingApplication.Build, o =>
        {
            CountingApplication.ExactlyOnce(o);
            o.TaskTimeout = TimeSpan.FromMilliseconds(200);
        });
        CountingApplication.SendWave(harness, 0);

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        Assert.Contains("TaskTimeout (200 ms)", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(CountingApplication.Results(harness));
    }

    [Fact]
    public async Task A_transactional_id_that_cannot_be_registered_for_the_task_timeout_fails_the_thread()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Fail(
            ClientCall.InitTransactions, KafkaErrorKind.Fatal, new FaultMatch { Times = int.MaxValue });
        var application = await harness.StartAsync(CountingApplication.Build, o =>
        {
            CountingApplication.ExactlyOnce(o);
            o.TaskTimeout = TimeSpan.FromMilliseconds(100);
        });

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        Assert.Contains("InitTransactions", application.Status.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_too_large_ends_the_thread_with_nothing_of_its_transaction_visible()
    {
        await using var harness = new AppHarness(("in", 1));
        harness.Kafka.CreateTopic("out", 1, new Dictionary<string, string> { ["max.message.bytes"] = "100" });
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").To("out"),
            o =>
            {
                CountingApplication.ExactlyOnce(o);

                // Both in one transaction, however long the first one takes.
                o.CommitInterval = TimeSpan.FromSeconds(1);
                o.TaskTimeout = TimeSpan.FromMilliseconds(200);
            });
        harness.Send("in", 0, "k", "small");
        harness.Send("in", 0, "k", new string('x', 200));

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        Assert.Contains("MSG_SIZE_TOO_LARGE", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Empty(harness.Values("out"));
    }

    [Fact]
    public async Task A_failing_operator_ends_the_thread_and_aborts_what_is_open()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in")
                .MapValues(v => v == "bad" ? throw new InvalidOperationException("bad record") : v)
                .To("out"),
            o =>
            {
                CountingApplication.ExactlyOnce(o);
                o.CommitInterval = TimeSpan.FromSeconds(5);
            });
        harness.Send("in", 0, "k", "good");
        harness.Send("in", 0, "k", "bad");

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        Assert.Empty(harness.Values("out"));
        var (_, stable, end) = harness.Kafka.Offsets(new TopicPartition("out", 0));
        Assert.Equal(end, stable);
        Assert.True(end > 0, "The first record was sent.");
    }

    [Fact]
    public async Task An_abort_before_the_first_commit_goes_back_to_where_the_task_began_whatever_the_policy()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "old", "v");
        harness.Kafka.Faults.Fail(ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Abortable, new FaultMatch { Times = 2 });
        var application = await harness.StartAsync(CountingApplication.Build, o =>
        {
            CountingApplication.ExactlyOnce(o);
            o.DefaultOffsetReset = OffsetReset.Latest;
            o.CommitInterval = TimeSpan.FromMilliseconds(500);
        });
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        for (var i = 0; i < 5; i++)
        {
            harness.Send("in", 0, "k", "v");
        }

        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("app").GetValueOrDefault(new TopicPartition("in", 0)).Offset == 6, "the commit");

        Assert.Equal([1, 2, 3, 4, 5], CountingApplication.Results(harness)["k"]);
        Assert.False(CountingApplication.Results(harness).ContainsKey("old"));
    }

    /// <summary>
    /// Windows close by the stream time that operators see. If that survived an abort, records of the given-up attempt
    /// would be late when they come again, and their windows would never be counted.
    /// </summary>
    [Fact]
    public async Task Windows_do_not_close_by_the_time_of_an_aborted_attempt()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in")
                .GroupByKey()
                .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero))
                .Count(new() { Name = "counts" })
                .ToStream()
                .Map((window, count) => (window.Key, $"{window.Window.Start}:{count}"))
                .To("out"),
            o =>
            {
                CountingApplication.ExactlyOnce(o);

                // Long enough for both records below to be in one transaction.
                o.CommitInterval = TimeSpan.FromMilliseconds(300);
            });
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        harness.Send("in", 0, "k", "v", 100);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the first commit");
        var fault = harness.Kafka.Faults.Fail(ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Abortable);
        harness.Send("in", 0, "k", "v", 200);
        harness.Send("in", 0, "k", "v", 5_000);

        await AppHarness.Until(() => harness.Values("out").Contains("5000:1"), "the last window");
        Assert.Equal(1, fault.Hits);
        Assert.Equal(["0:1", "0:2", "5000:1"], harness.Values("out"));
    }
}
