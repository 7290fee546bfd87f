using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

public sealed class ApplicationFaultTests
{
    [Fact]
    public async Task A_client_problem_that_mends_itself_does_not_end_the_thread()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Fail(ClientCall.Poll, KafkaErrorKind.Retriable, new FaultMatch { Nth = 3, Times = 5 });
        var application = await harness.StartAsync(Copy);
        harness.Send("in", 0, "k", "v");

        await AppHarness.Until(() => harness.Values("out").Count == 1, "the record");
        Assert.Null(application.Status.Error);
    }

    [Fact]
    public async Task Committed_offsets_that_cannot_be_read_yet_delay_the_task_only()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var fault = harness.Kafka.Faults.Fail(ClientCall.Committed, KafkaErrorKind.Retriable, new FaultMatch { Times = 3 });
        harness.Send("in", 0, "k", "v");
        var application = await harness.StartAsync(Copy);

        await AppHarness.Until(() => harness.Values("out").Count == 1, "the record");
        Assert.True(fault.IsSpent);
        Assert.Null(application.Status.Error);
    }

    [Fact]
    public async Task A_source_begins_where_its_own_policy_says()
    {
        await using var harness = new AppHarness(("old", 1), ("new", 1), ("out", 1));
        harness.Send("old", 0, "k", "kept");
        harness.Send("new", 0, "k", "skipped");

        var application = await harness.StartAsync(builder =>
        {
            builder.Stream<string, string>("old").To("out");
            builder.Stream<string, string>("new", new() { OffsetReset = OffsetReset.Latest }).To("out");
        });
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        await AppHarness.Until(() => harness.Values("out").Contains("kept"), "the old record");
        harness.Send("new", 0, "k", "seen");
        await AppHarness.Until(() => harness.Values("out").Contains("seen"), "the new record");

        Assert.Equal(["kept", "seen"], harness.Values("out").Order());
    }

    [Fact]
    public async Task Repartitioned_records_are_read_from_the_first_whatever_the_default_policy()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var application = await harness.StartAsync(
            builder => builder.Stream<string, string>("in").SelectKey((_, v) => v)
                .Repartition(new() { Name = "again" }).To("out"),
            o => o.DefaultOffsetReset = OffsetReset.Latest);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        await application.StopAsync();
        harness.Send("app-again-repartition", 0, "k", "waiting");

        await harness.StartAsync(
            builder => builder.Stream<string, string>("in").SelectKey((_, v) => v)
                .Repartition(new() { Name = "again" }).To("out"),
            o =>
            {
                o.DefaultOffsetReset = OffsetReset.Latest;
                o.ApplicationId = "app";
            });

        await AppHarness.Until(() => harness.Values("out").Contains("waiting"), "the record that lay in the repartition topic");
    }

    [Fact]
    public async Task A_corrupt_first_record_reaches_the_handler_also_when_its_time_is_in_its_content()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Append(new TopicPartition("in", 0), "k"u8.ToArray(), [1, 2, 3], timestamp: 5);
        harness.Kafka.Append(new TopicPartition("in", 0), "k"u8.ToArray(), [0, 0, 0, 42], timestamp: 6);
        var asked = new List<long>();

        await harness.StartAsync(
            builder => builder
                .Stream<string, int>("in", new() { TimestampExtractor = static (record, _) => record.Value })
                .MapValues(v => v.ToString(System.Globalization.CultureInfo.InvariantCulture))
                .To("out"),
            o => o.DeserializationErrorHandler = (in ErrorContext error) =>
            {
                asked.Add(error.Offset);
                return ErrorResponse.Continue;
            });
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the readable record");

        Assert.Equal([0L], asked);
        Assert.Equal(42, harness.Kafka.Read(new TopicPartition("out", 0))[0].Timestamp);
    }

    [Fact]
    public async Task A_position_that_left_the_log_is_reset_and_the_thread_goes_on()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "1");
        var first = await harness.StartAsync(Copy);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the first record");
        await first.StopAsync();
        for (var i = 2; i <= 5; i++)
        {
            harness.Send("in", 0, "k", i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        using (var admin = harness.Kafka.CreateAdmin("cleaner"))
        {
            await admin.DeleteRecordsAsync([new PartitionOffset(new TopicPartition("in", 0), 3)], CancellationToken.None);
        }

        var second = await harness.StartAsync(Copy);
        await AppHarness.Until(() => harness.Values("out").Count == 3, "the records that are left");

        Assert.Equal(["1", "4", "5"], harness.Values("out"));
        Assert.Null(second.Status.Error);
    }

    [Fact]
    public async Task State_is_restored_from_the_changelog_before_the_task_runs()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "1");
        harness.Send("in", 0, "k", "1");
        var first = await harness.StartAsync(Count);
        await AppHarness.Until(() => harness.Values("out").Contains("2"), "the count of two");
        await first.StopAsync();

        harness.Send("in", 0, "k", "1");
        await harness.StartAsync(Count);

        await AppHarness.Until(() => harness.Values("out").Contains("3"), "the count of three");
        Assert.DoesNotContain("1", harness.Values("out").Skip(1));
    }

    [Fact]
    public async Task A_failed_restore_consumer_is_replaced_by_failing_the_thread_with_the_cause()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "1");
        var first = await harness.StartAsync(Count);
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the first count");
        await first.StopAsync();
        harness.Kafka.Faults.Fail(
            ClientCall.QueryOffsets, KafkaErrorKind.Fatal, new FaultMatch { ClientId = "app-StreamThread-1-restore-ends" });

        var second = await harness.StartAsync(Count, o => o.ThreadFailureHandler = _ => ThreadFailureResponse.ReplaceThread);
        harness.Send("in", 0, "k", "1");

        await AppHarness.Until(() => harness.Values("out").Contains("2"), "the count after the replaced thread");
        Assert.Contains("could not be restored", second.Status.Error!.Message, StringComparison.Ordinal);
    }

    private static void Copy(StreamsBuilder builder) => builder.Stream<string, string>("in").To("out");

    private static void Count(StreamsBuilder builder) =>
        builder.Stream<string, string>("in")
            .GroupByKey()
            .Count(new() { Name = "counts" })
            .ToStream()
            .MapValues(v => v.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .To("out");
}
