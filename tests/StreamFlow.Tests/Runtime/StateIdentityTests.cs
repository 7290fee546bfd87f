using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>State that is somebody else's, or something else than it is taken for.</summary>
public sealed class StateIdentityTests : IDisposable
{
    private static readonly TopicPartition Input = new("in", 0);
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-test-").FullName;
    private readonly FolderStores _stores = new();
    private readonly ListLogger _log = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _log.Dispose();
    }

    /// <summary>The offset of the old state fits the new changelog by chance.</summary>
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task State_of_another_cluster_is_dropped_and_rebuilt(ProcessingGuarantee guarantee)
    {
        await using (var former = NewCluster())
        {
            await RunAsync(former, Counts, 6, guarantee, ["v0", "v1", "v0", "v1", "v0", "v1"]);
            Assert.Equal(["v0=1", "v1=1", "v0=2", "v1=2", "v0=3", "v1=3"], former.Values("out"));
        }

        await using var harness = NewCluster();
        await RunAsync(harness, Counts, 7, guarantee, ["v0", "x", "x", "x", "x", "x", "x"], folder: null);
        await RunAsync(harness, Counts, 9, guarantee, ["v0", "v1"]);

        Assert.Equal(["v0=2", "v1=1"], harness.Values("out").Skip(7));
        Assert.Contains(_log.Messages, m => m.Contains("the local state of store counts is that of 'app-counts-changelog' with the id", StringComparison.Ordinal));

        // What is there now is the application's own.
        await RunAsync(harness, Counts, 10, guarantee, ["v0"]);
        Assert.Equal("v0=3", harness.Values("out")[9]);
        Assert.Single(_log.Messages, m => m.Contains("made anew", StringComparison.Ordinal));
    }

    /// <summary>Without a changelog it is the inputs that state goes by.</summary>
    [Fact]
    public async Task State_without_a_changelog_that_is_of_another_cluster_is_dropped()
    {
        static void Unlogged(StreamsBuilder builder) => Out(
            builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts", LoggingEnabled = false }));
        await using (var former = NewCluster())
        {
            await RunAsync(former, Unlogged, 2, words: ["v0", "v0"]);
            await RunAsync(former, Unlogged, 3, words: ["v0"]);
            Assert.Equal("v0=3", former.Values("out")[2]);
        }

        await using var harness = NewCluster();
        await RunAsync(harness, Unlogged, 1, words: ["v0"]);

        Assert.Equal(["v0=1"], harness.Values("out"));
    }

    /// <summary>A table that is restored from its input.</summary>
    [Fact]
    public async Task Rows_of_an_input_of_another_cluster_are_dropped()
    {
        static void Join(StreamsBuilder builder) => builder.Stream<string, string>("in")
            .LeftJoin(builder.Table<string, string>("names", materialized: new() { Name = "rows" }), (v, row) => $"{v} {row?.Value ?? "none"}")
            .To("out");
        await using (var former = NewCluster())
        {
            former.Send("names", 0, "k", "old", 1);
            await RunAsync(former, Join, 1, words: ["k"], optimization: TopologyOptimization.All);
            Assert.Equal(["k old"], former.Values("out"));
        }

        await using var harness = NewCluster();
        harness.Send("names", 0, "j", "other", 1);
        await RunAsync(harness, Join, 1, words: ["k"], optimization: TopologyOptimization.All);

        Assert.Equal(["k none"], harness.Values("out"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_is_something_else_now_is_an_error_that_names_both_and_the_choices(bool onDisk)
    {
        await using var harness = NewCluster();
        await RunAsync(harness, Counts, 2, words: ["v0", "v1"], folder: onDisk ? _folder : null);
        await AllowAsync(harness, "compact,delete");

        var error = await FailAsync(harness, Windows(5), onDisk);

        Assert.Contains(
            "Store 'counts' was a key-value store, now tumbling windows of 5 min.", error.Message, StringComparison.Ordinal);
        Assert.Contains(onDisk ? "the state directory '" : "the topic 'app-counts-changelog'", error.Message, StringComparison.Ordinal);
        Assert.Contains("another name", error.Message, StringComparison.Ordinal);
        Assert.Contains("delete the topic 'app-counts-changelog' and the state directory of each", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Windows_of_another_size_are_an_error(bool onDisk)
    {
        await using var harness = NewCluster();
        await RunAsync(harness, Windows(5), 1, words: ["v0"], folder: onDisk ? _folder : null);

        var error = await FailAsync(harness, Windows(10), onDisk);

        Assert.Contains("was tumbling windows of 5 min, now tumbling windows of 10 min", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Values_of_another_format_are_an_error(bool onDisk)
    {
        static void Sums(StreamsBuilder builder) => builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => 0.0, (_, _, sum) => sum + 1, new() { Name = "counts", ValueSerde = Serdes.Double })
            .ToStream().MapValues(v => v.ToString(CultureInfo.InvariantCulture)).To("out");
        await using var harness = NewCluster();
        await RunAsync(harness, Counts, 1, words: ["v0"], folder: onDisk ? _folder : null);

        var error = await FailAsync(harness, Sums, onDisk);

        Assert.Contains("had values of Int64, now of Double", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Members_of_JSON_that_are_gone_are_told_and_the_application_runs(bool onDisk)
    {
        static Action<StreamsBuilder> Keep<T>(Func<string, T> make)
            where T : class => builder => builder.Stream<string, string>("in").GroupByKey()
                .Aggregate(() => make(""), (_, v, _) => make(v), new() { Name = "last", ValueSerde = new JsonSerde<T>() })
                .ToStream().MapValues(v => v.ToString()!).To("out");
        await using var harness = NewCluster();
        await RunAsync(harness, Keep(v => new Before(v, 1)), 1, words: ["v0"], folder: onDisk ? _folder : null);

        await RunAsync(harness, Keep(v => new After(v, 1)), 2, words: ["v0"], folder: onDisk ? _folder : null);

        Assert.Contains(
            _log.Messages,
            m => m.Contains("Store 'last' in the", StringComparison.Ordinal) && m.Contains("Count:System.Int32", StringComparison.Ordinal));
        if (onDisk)
        {
            // Once, since the folder says now what it is now.
            Assert.Contains("Total:System.Int32", LabelsOfTask()["last"].Shape.Value!.Members);
        }
    }

    /// <summary>They may come back: a store that was left out for a while still has its data.</summary>
    [Fact]
    public async Task What_is_known_of_stores_that_the_topology_has_no_more_is_kept()
    {
        await using var harness = NewCluster();
        await RunAsync(
            harness,
            builder =>
            {
                var grouped = builder.Stream<string, string>("in").GroupByKey();
                Out(grouped.Count(new() { Name = "counts" }));
                grouped.Count(new() { Name = "others" });
            },
            1,
            words: ["v0"]);

        await RunAsync(harness, Counts, 2, words: ["v0"]);

        Assert.Equal(["counts", "others"], LabelsOfTask().Keys.Order());
    }

    /// <summary>Brokers before 2.8 tell none: whoever starts by way of one must not make the data anybody's.</summary>
    [Fact]
    public async Task An_id_that_is_not_told_at_one_start_stays_known()
    {
        await using var harness = NewCluster();
        await RunAsync(harness, Counts, 1, words: ["v0"]);
        var known = LabelsOfTask()["counts"].TopicId;
        Assert.NotNull(known);

        harness.Send("in", 0, "v0", "v0", 10);
        var silent = new ChangedTopics(harness.Kafka) { Topic = topic => topic with { Id = string.Empty } };
        var application = await harness.StartAsync(
            Counts,
            options => (options.StateDirectory, options.CacheMaxBytes) = (_folder, 0),
            new StreamsServices { StoreBackend = _stores },
            silent);
        await AppHarness.Until(() => harness.Values("out").Count == 2, "the second count");
        await application.StopAsync();

        Assert.Equal("v0=2", harness.Values("out")[1]);
        Assert.Equal(known, LabelsOfTask()["counts"].TopicId);
    }

    /// <summary>What was said of a changelog that was deleted since is no longer true of the one of that name.</summary>
    [Fact]
    public async Task A_note_about_a_changelog_that_was_made_anew_keeps_nobody_from_starting()
    {
        var former = new StoreLabel("former changelog", new StoreShape { Kind = "sessions" });
        await using var harness = NewCluster();
        harness.Send("in", 0, "a", "a");
        harness.Send("in", 0, "b", "b");
        Commit(harness, new PartitionOffset(
            Input, 1, PartitionTimeMetadata.Encode(5, PositionNote.Write(null, [KeyValuePair.Create("counts", former)]))));

        await RunAsync(harness, Counts, 1);

        Assert.Equal(["b=1"], harness.Values("out"));
    }

    /// <summary>The segments that the data lie in depend on the retention: with another one nothing would be found.</summary>
    [Fact]
    public async Task Windows_that_are_kept_longer_than_before_go_on_where_they_were()
    {
        await using var harness = NewCluster();
        harness.Send("in", 0, "v0", "v0", 100_000_000);
        await RunAsync(harness, Windows(5, graceMinutes: 60), 1);

        harness.Send("in", 0, "v0", "v0", 100_000_001);
        await RunAsync(harness, Windows(5, graceMinutes: 600), 2);

        Assert.Equal(["v0=1", "v0=2"], harness.Values("out"));
        Assert.Contains(_log.Messages, m => m.Contains("its retention is another one", StringComparison.Ordinal));
    }

    /// <summary>As folders were before there was anything written beside them.</summary>
    [Fact]
    public async Task State_that_nobody_has_described_is_taken_as_it_is_and_described()
    {
        await using var harness = NewCluster();
        await RunAsync(harness, Counts, 2, words: ["v0", "v0"]);
        File.Delete(Path.Combine(_folder, "app", "0_0.stores.json"));

        await RunAsync(harness, Counts, 3, words: ["v0"]);

        Assert.Equal("v0=3", harness.Values("out")[2]);
        Assert.Equal("a key-value store", LabelsOfTask()["counts"].Shape.Kind);
    }

    [Fact]
    public async Task A_description_that_cannot_be_read_counts_as_none()
    {
        await using var harness = NewCluster();
        await RunAsync(harness, Counts, 1, words: ["v0"]);
        File.WriteAllText(Path.Combine(_folder, "app", "0_0.stores.json"), "{\"counts\":");

        await RunAsync(harness, Counts, 2, words: ["v0"]);

        Assert.Equal("v0=2", harness.Values("out")[1]);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_position_of_a_topic_that_was_made_anew_since_is_not_gone_on_from(ProcessingGuarantee guarantee)
    {
        await using var harness = NewCluster();
        harness.Send("in", 0, "a", "a");
        harness.Send("in", 0, "b", "b");
        Commit(harness, new PartitionOffset(Input, 2, PartitionTimeMetadata.Encode(5, PositionNote.Write("another topic", []))));

        await RunAsync(harness, Counts, 2, guarantee);

        Assert.Equal(["a=1", "b=1"], harness.Values("out"));
        Assert.Contains(_log.Messages, m => m.Contains("the committed position 2 of in-0 is that of a topic with the id another topic", StringComparison.Ordinal));
    }

    /// <summary>The former topic's time says nothing of this one's records.</summary>
    [Fact]
    public async Task The_time_beside_a_position_of_another_topic_is_not_taken_over()
    {
        var times = new List<long>();
        await using var harness = NewCluster();
        harness.Send("in", 0, "a", "a", 7);
        Commit(harness, new PartitionOffset(Input, 0, PartitionTimeMetadata.Encode(5, PositionNote.Write("another topic", []))));

        await RunAsync(
            harness,
            builder => builder.Stream<string, string>("in", new()
            {
                TimestampExtractor = (record, clocks) =>
                {
                    times.Add(clocks.PartitionTime);
                    return record.Timestamp;
                },
            }).To("out"),
            1);

        Assert.Equal([-1L], times);
    }

    [Fact]
    public async Task A_position_without_a_note_is_gone_on_from()
    {
        await using var harness = NewCluster();
        harness.Send("in", 0, "a", "a");
        harness.Send("in", 0, "b", "b");
        Commit(harness, new PartitionOffset(Input, 1, PartitionTimeMetadata.Encode(5)));

        await RunAsync(harness, Counts, 1);

        Assert.Equal(["b=1"], harness.Values("out"));
        var note = PositionNote.Read(harness.Kafka.CommittedOffsets("app")[Input].Metadata);
        Assert.Equal("a key-value store", note.Stores["counts"].Shape.Kind);
    }

    private IReadOnlyDictionary<string, StoreLabel> LabelsOfTask()
    {
        using var directory = StateDirectory.Open(_folder, "app");
        return directory.LabelsOf(new TaskId(0, 0));
    }

    private static AppHarness NewCluster() => new(("in", 1), ("names", 1), ("out", 1));

    private static void Counts(StreamsBuilder builder) =>
        Out(builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }));

    private static void Out(KTable<string, long> counts) => counts.ToStream()
        .Map((k, v) => (k, string.Create(CultureInfo.InvariantCulture, $"{k}={v}"))).To("out");

    private static Action<StreamsBuilder> Windows(int minutes, int graceMinutes = 60) => builder => builder
        .Stream<string, string>("in").GroupByKey()
        .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(minutes), TimeSpan.FromMinutes(graceMinutes)))
        .Count(new() { Name = "counts" })
        .ToStream()
        .Map((k, v) => (k.Key, string.Create(CultureInfo.InvariantCulture, $"{k.Key}={v}")))
        .To("out");

    /// <summary>Commits as a member of the application's group would.</summary>
    private static void Commit(AppHarness harness, PartitionOffset offset)
    {
        using var consumer = harness.Kafka.CreateConsumer(new ConsumerRole("former", "app", null, false, "earliest"));
        consumer.Subscribe(["in"], ["in"], new Nobody());
        consumer.Poll(TimeSpan.Zero);
        consumer.Poll(TimeSpan.Zero);
        consumer.Commit([offset]);
    }

    /// <summary>The policy of the changelog is not what makes the difference.</summary>
    private static async Task AllowAsync(AppHarness harness, string policy)
    {
        using var admin = harness.Kafka.CreateAdmin("operator");
        await admin.AlterTopicConfigAsync(
            "app-counts-changelog", new Dictionary<string, string> { ["cleanup.policy"] = policy }, default);
    }

    private Task RunAsync(
        AppHarness harness,
        Action<StreamsBuilder> topology,
        int results,
        ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce,
        string[]? words = null,
        TopologyOptimization optimization = TopologyOptimization.None) =>
        RunAsync(harness, topology, results, guarantee, words, _folder, optimization);

    private async Task RunAsync(
        AppHarness harness,
        Action<StreamsBuilder> topology,
        int results,
        ProcessingGuarantee guarantee,
        string[]? words,
        string? folder,
        TopologyOptimization optimization = TopologyOptimization.None)
    {
        foreach (var word in words ?? [])
        {
            harness.Send("in", 0, word, word, 10);
        }

        var application = await StartAsync(harness, topology, guarantee, folder, optimization);
        await AppHarness.Until(
            () => application.Status.Error is not null || harness.Values("out").Count >= results, $"{results} results");
        await application.StopAsync();
        Assert.Null(application.Status.Error);
        Assert.Equal(results, harness.Values("out").Count);
    }

    private Task RunAsync(AppHarness harness, Action<StreamsBuilder> topology, int results, string[] words, string? folder) =>
        RunAsync(harness, topology, results, ProcessingGuarantee.AtLeastOnce, words, folder);

    private async Task<Exception> FailAsync(AppHarness harness, Action<StreamsBuilder> topology, bool onDisk)
    {
        var application = await StartAsync(
            harness, topology, ProcessingGuarantee.AtLeastOnce, onDisk ? _folder : null, TopologyOptimization.None);
        await AppHarness.Until(() => application.State == StreamsState.Error, "the error");
        return Assert.IsType<StateStoreException>(application.Status.Error);
    }

    private Task<StreamsApplication> StartAsync(
        AppHarness harness, Action<StreamsBuilder> topology, ProcessingGuarantee guarantee, string? folder,
        TopologyOptimization optimization) => harness.StartAsync(
            topology,
            options =>
            {
                options.ProcessingGuarantee = guarantee;
                options.CacheMaxBytes = 0;
                options.StateDirectory = folder ?? options.StateDirectory;
            },
            new StreamsServices { StoreBackend = folder is null ? null : _stores, Logging = _log },
            optimization: optimization);

    private sealed record Before(string Id, int Count);

    private sealed record After(string Id, int Total);

    private sealed class Nobody : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders) =>
            [.. leaders.Select(l => new PartitionOffset(l, PartitionOffset.Stored))];

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) => leaders;

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => leaders;
    }
}
