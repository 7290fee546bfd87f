using System.Text;
using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Global tables in applications: complete before anything runs, current from then on, kept across restarts.</summary>
public sealed class GlobalTableApplicationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-globals-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task Tasks_find_all_rows_of_all_partitions_from_their_first_record_on(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 2), ("rows", 3), ("out", 1));
        for (var i = 0; i < 3000; i++)
        {
            harness.Send("rows", i % 3, $"k{i}", $"row {i}");
        }

        for (var i = 0; i < 3000; i += 100)
        {
            harness.Send("in", i / 100 % 2, "x", $"k{i}");
        }

        await harness.StartAsync(Join, o =>
        {
            o.ProcessingGuarantee = guarantee;
            o.NumStreamThreads = 2;
        });
        await AppHarness.Until(() => harness.Values("out").Count == 30, "a result for each");

        Assert.Equal(
            Enumerable.Range(0, 30).Select(i => $"k{i * 100} row {i * 100}").Order(), harness.Values("out").Order());
    }

    [Fact]
    public async Task Later_rows_deletions_and_partitions_are_followed()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 1), ("out", 1));
        await harness.StartAsync(Join, o => o.ClusterCheckInterval = TimeSpan.FromSeconds(1));

        harness.Send("rows", 0, "a", "1");
        await Answers(harness, "a", "1");
        harness.Send("rows", 0, "a", "2");
        await Answers(harness, "a", "2");
        harness.Kafka.Append(new TopicPartition("rows", 0), "a"u8.ToArray(), null, 0);
        await Answers(harness, "a", "none");
        harness.Kafka.AddPartitions("rows", 2);
        harness.Send("rows", 1, "b", "3");
        await Answers(harness, "b", "3");
    }

    [Fact]
    public async Task Instance_that_has_its_folder_reads_only_what_is_new()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 2), ("out", 1));
        var stores = new FolderStores();
        for (var i = 0; i < 100; i++)
        {
            harness.Send("rows", i % 2, $"k{i}", "old");
        }

        var first = await Start(harness, stores, new ListLogger());
        await Answers(harness, "k7", "old");
        await first.StopAsync();
        harness.Send("rows", 1, "k7", "new");

        var log = new ListLogger();
        await Start(harness, stores, log);
        await Answers(harness, "k7", "new");
        await Answers(harness, "k8", "old");

        Assert.Contains(log.Messages, m => m.Contains("reads its global tables: 1 records to come", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rows_of_a_topic_that_was_cut_or_made_anew_do_not_stay()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 1), ("out", 1));
        var stores = new FolderStores();
        harness.Send("rows", 0, "a", "1");
        harness.Send("rows", 0, "b", "1");
        var first = await Start(harness, stores, new ListLogger());
        await Answers(harness, "a", "1");
        await first.StopAsync();

        harness.Send("rows", 0, "c", "1");
        harness.Send("rows", 0, "b", "2");
        using var admin = harness.Kafka.CreateAdmin("test");
        await admin.DeleteRecordsAsync([new PartitionOffset(new TopicPartition("rows", 0), 3)], default);
        var log = new ListLogger();
        await Start(harness, stores, log);
        await Answers(harness, "a", "none");
        await Answers(harness, "b", "2");

        Assert.Contains(log.Messages, m => m.Contains("read anew from the beginning of topic 'rows'", StringComparison.Ordinal));
    }

    /// <summary>Nothing but tables: no task, no group, and it runs until it is stopped.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Global_tables_alone_run_are_read_and_end(bool fails)
    {
        await using var harness = new AppHarness(("rows", 2));
        harness.Send("rows", 0, "a", "1");
        var application = await harness.StartAsync(
            b => b.GlobalTable<string, string>("rows", materialized: new() { Name = "rows" }));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        harness.Send("rows", 1, "b", "2");
        await AppHarness.Until(
            () => application.Views!.Of("rows") is [KeyValueView<string, string> view] && view.TryGet("b", out _), "the later row");
        Assert.True(((KeyValueView<string, string>)application.Views!.Of("rows")[0]).TryGet("a", out var first) && first == "1");
        Assert.Empty(application.Status.Threads);

        if (fails)
        {
            harness.Kafka.Faults.Fail(ClientCall.Poll, KafkaErrorKind.Fatal);
            await AppHarness.Until(() => application.State == StreamsState.Error, "it ends by its failure");
            await Assert.ThrowsAsync<KafkaClientException>(() => application.Completion);
        }
        else
        {
            await application.StopAsync();
            Assert.Equal(StreamsState.NotRunning, application.State);
        }
    }

    [Fact]
    public async Task Store_of_another_form_is_filled_anew()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 1), ("out", 1));
        var stores = new FolderStores();
        harness.Send("rows", 0, "a", "12345678");
        var first = await Start(harness, stores, new ListLogger());
        await Answers(harness, "a", "12345678");
        await first.StopAsync();

        await harness.StartAsync(
            b => b.Stream<string, string>("in").LeftJoin(
                b.GlobalTable<string, byte[]>("rows"), (_, v) => v, (v, row) => $"{v} {row?.Value.Length}").To("out"),
            o => o.StateDirectory = _folder,
            new StreamsServices { StoreBackend = stores });
        await Answers(harness, "a", "8");
    }

    [Fact]
    public async Task Row_that_cannot_be_read_ends_the_start_unless_the_handler_lets_it_through()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 1), ("out", 1));
        harness.Send("rows", 0, "a", "x");
        void Numbers(StreamsBuilder b) => b.Stream<string, string>("in").LeftJoin(
            b.GlobalTable<string, long>("rows"), (_, v) => v, (v, row) => $"{v} {row?.Value}").To("out");

        var failed = harness.Create(Numbers);
        var error = await Assert.ThrowsAnyAsync<StreamsException>(() => failed.StartAsync());
        await harness.StartAsync(Numbers, o => o.DeserializationErrorHandler = static (in ErrorContext _) => ErrorResponse.Continue);
        await Answers(harness, "a", string.Empty);

        Assert.Contains("rows-0 offset 0", error.Message, StringComparison.Ordinal);
        Assert.Equal(StreamsState.Error, failed.State);
    }

    [Fact]
    public async Task Application_ends_with_the_thread_that_keeps_its_global_tables()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 1), ("out", 1));
        var application = await harness.StartAsync(b => b.Stream<string, string>("in").LeftJoin(
            b.GlobalTable<string, long>("rows"), (_, v) => v, (v, row) => $"{v} {row?.Value}").To("out"));
        await Answers(harness, "a", string.Empty);
        harness.Send("rows", 0, "a", "x");

        var error = await Assert.ThrowsAnyAsync<StreamsException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Contains("rows-0 offset 0", error.Message, StringComparison.Ordinal);
        Assert.Equal(StreamsState.Error, application.State);
    }

    [Fact]
    public async Task Start_waits_for_the_tables_and_can_be_given_up()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 1), ("out", 1));
        harness.Send("rows", 0, "a", "x");
        using var reading = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var application = harness.Create(b => b.Stream<string, string>("in").LeftJoin(
            b.GlobalTable("rows", new Consumed<string, string> { ValueSerde = new WaitingSerde(reading, goOn) }),
            (_, v) => v,
            (v, row) => $"{v} {row?.Value}").To("out"));

        var start = application.StartAsync();
        Assert.True(reading.Wait(TimeSpan.FromSeconds(30)));

        // Time enough for a start that does not wait; one that does is not measured.
        await Task.WhenAny(start, Task.Delay(TimeSpan.FromSeconds(1)));
        Assert.False(start.IsCompleted);
        Assert.Equal(StreamsState.Rebalancing, application.State);
        var stop = application.StopAsync();
        goOn.Set();
        await start.WaitAsync(TimeSpan.FromSeconds(30));
        await stop.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    [Fact]
    public async Task Missing_topic_is_told_at_the_start()
    {
        await using var harness = new AppHarness(("in", 1), ("rows", 1), ("out", 1));

        var missing = await Assert.ThrowsAsync<TopologyException>(() => harness.StartAsync(b => b.Stream<string, string>("in")
            .Join(b.GlobalTable<string, string>("nowhere"), (k, _) => k, (v, row) => v + row).To("out")));

        Assert.Contains("'nowhere'", missing.Message, StringComparison.Ordinal);
    }

    private static void Join(StreamsBuilder builder) => builder.Stream<string, string>("in").LeftJoin(
        builder.GlobalTable<string, string>("rows"), (_, v) => v, (v, row) => $"{v} {row?.Value ?? "none"}").To("out");

    /// <summary>Asks again and again, because nothing ties the two topics together.</summary>
    private static Task Answers(AppHarness harness, string key, string row)
    {
        var asked = DateTime.MinValue;
        return AppHarness.Until(
            () =>
            {
                if (DateTime.UtcNow - asked > TimeSpan.FromMilliseconds(50))
                {
                    asked = DateTime.UtcNow;
                    harness.Send("in", 0, "x", key);
                }

                var values = harness.Values("out");
                return values.Count > 0 && values[^1] == $"{key} {row}";
            },
            $"{key} is {row}");
    }

    private Task<StreamsApplication> Start(AppHarness harness, FolderStores stores, ListLogger log) => harness.StartAsync(
        Join,
        o => o.StateDirectory = _folder,
        new StreamsServices { StoreBackend = stores, Logging = log });

    private sealed class WaitingSerde(ManualResetEventSlim reading, ManualResetEventSlim goOn) : ISerde<string>
    {
        public void Serialize(string value, System.Buffers.IBufferWriter<byte> writer) => Serdes.String.Serialize(value, writer);

        public string Deserialize(ReadOnlySpan<byte> data)
        {
            reading.Set();
            goOn.Wait();
            return Encoding.UTF8.GetString(data);
        }
    }
}
