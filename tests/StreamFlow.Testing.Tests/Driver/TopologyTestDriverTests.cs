using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing.Tests.Clients;

namespace StreamFlow.Testing.Tests.Driver;

public sealed class TopologyTestDriverTests
{
    [Fact]
    public void Records_pass_with_key_value_timestamp_and_headers()
    {
        using var driver = new TopologyTestDriver(Map((_, v) => v.ToUpperInvariant()));
        var input = Input(driver);
        var output = Output(driver);

        input.Pipe("k", "a", 5, Headers.Empty.With("h", "1"));

        var record = output.ReadRecord();
        Assert.Equal(("k", "A", 5L), (record.Key, record.Value, record.Timestamp));
        Assert.True(record.Headers!.TryGetLast("h", out _));
        Assert.True(output.IsEmpty);
        Assert.Equal(["out"], driver.ProducedTopics);
        Assert.Equal(1, driver.Metrics.ProcessedRecords);
        Assert.Empty(driver.Metrics.DroppedRecords);
    }

    [Fact]
    public void Reading_an_empty_topic_says_which_topics_have_something()
    {
        using var driver = new TopologyTestDriver(Map((_, v) => v));
        Input(driver).Pipe("k", "a");
        var other = driver.CreateOutputTopic("other", Serdes.String, Serdes.String);

        Assert.True(other.IsEmpty);
        Assert.Empty(other.ReadAll());
        var error = Assert.Throws<InvalidOperationException>(() => other.ReadRecord());
        Assert.Equal("Topic 'other' has no record left to read. The topology produced to: out.", error.Message);
    }

    [Fact]
    public void Each_output_topic_has_its_own_position()
    {
        using var driver = new TopologyTestDriver(Map((_, v) => v));
        Input(driver).Pipe("k", "a");
        Assert.Equal(1, Output(driver).Count);
        Assert.Equal("a", Output(driver).ReadKeyValue().Value);
        Assert.Equal("a", Output(driver).ReadKeyValue().Value);
    }

    [Fact]
    public void Repartition_topics_loop_back_until_nothing_is_left()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .SelectKey((_, value) => value)
            .Repartition(new() { Name = "first" })
            .SelectKey((key, _) => key + key)
            .Repartition(new() { Name = "second" })
            .To("out");
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { Application = new() { ApplicationId = "app" } });

        Input(driver).Pipe("k", "a");

        Assert.Equal(KeyValuePair.Create("aa", "a"), Output(driver).ReadKeyValue());
        Assert.Equal(["app-first-repartition", "app-second-repartition", "out"], driver.ProducedTopics);
        var between = driver.CreateOutputTopic("app-first-repartition", Serdes.String, Serdes.String);
        Assert.Equal(KeyValuePair.Create("a", "a"), between.ReadKeyValue());
        Assert.Equal(3, driver.Metrics.ProcessedRecords);
    }

    [Fact]
    public void All_records_that_one_record_caused_are_processed_before_the_call_returns()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .FlatMapValues((_, value) => value.Split(' '))
            .Repartition(new() { Name = "words" })
            .To("out");
        using var driver = new TopologyTestDriver(builder.Build());

        Input(driver).Pipe("k", "a b c");

        Assert.Equal(["a", "b", "c"], Output(driver).ReadAll().Select(r => r.Value));
    }

    [Fact]
    public void More_partitions_run_more_tasks_and_outputs_keep_their_order()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").SelectKey((_, v) => v).Repartition(new() { Name = "r" }).To("out");
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { Partitions = new Dictionary<string, int> { ["in"] = 3, ["out"] = 4 } });
        var input = Input(driver);
        var values = Enumerable.Range(0, 50).Select(i => "v" + i).ToList();

        input.PipeKeyValues(values.Select(v => KeyValuePair.Create("k" + v, v)));

        Assert.Equal(values, Output(driver).ReadAll().Select(r => r.Value));
        Assert.Equal(3, driver.Kafka.PartitionCount("test-driver-r-repartition"));
        for (var p = 0; p < 3; p++)
        {
            Assert.NotEmpty(driver.Kafka.Read(new TopicPartition("in", p)));
            Assert.NotEmpty(driver.Kafka.Read(new TopicPartition("test-driver-r-repartition", p)));
        }
    }

    [Fact]
    public void Records_without_a_key_take_turns_over_the_partitions()
    {
        using var driver = new TopologyTestDriver(
            Map((_, v) => v), new() { Partitions = new Dictionary<string, int> { ["in"] = 2 } });
        var input = Input(driver);
        input.PipeWithoutKey("a");
        input.PipeWithoutKey("b");
        input.Pipe(new Record<string, string>(null!, "c", 0), partition: 1);

        Assert.Equal(["a"], driver.Kafka.Values(new TopicPartition("in", 0)));
        Assert.Equal(["b", "c"], driver.Kafka.Values(new TopicPartition("in", 1)));
        Assert.False(Output(driver).ReadRecord().HasKey);
    }

    [Fact]
    public void Tombstone_of_a_value_type_is_not_its_default()
    {
        var builder = new StreamsBuilder();
        builder.Stream<int, int>("in").Filter((_, v) => v >= 0).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("in", Serdes.Int32, Serdes.Int32);
        var output = driver.CreateOutputTopic("out", Serdes.Int32, Serdes.Int32);
        input.Pipe(1, 0, 10);
        input.Pipe(2, 5, 10);
        input.PipeTombstone(1, 11);

        Assert.Equal([true, true, false], output.ReadAll().Select(r => r.HasValue));
        var again = driver.CreateOutputTopic("out", Serdes.Int32, Serdes.Int32);
        Assert.Equal(KeyValuePair.Create(2, 5), Assert.Single(again.ReadTable()));
        again = driver.CreateOutputTopic("out", Serdes.Int32, Serdes.Int32);
        Assert.Equal(0, again.ReadKeyValue().Value);
        again.ReadRecord();
        Assert.Throws<InvalidOperationException>(() => again.ReadKeyValue());
    }

    [Fact]
    public void Error_in_user_code_leaves_the_call_and_ends_the_driver()
    {
        using var driver = new TopologyTestDriver(
            Map((_, v) => v == "bad" ? throw new InvalidTimeZoneException("oops") : v));
        var input = Input(driver);
        input.Pipe("k", "good");

        var error = Assert.Throws<RecordFailedException>(() => input.Pipe("k", "bad"));

        Assert.IsType<InvalidTimeZoneException>(error.InnerException);
        Assert.Contains("in-0 offset 1", error.Message, StringComparison.Ordinal);
        var over = Assert.Throws<InvalidOperationException>(() => input.Pipe("k", "good"));
        Assert.Contains("oops", over.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => driver.AdvanceWallClock(TimeSpan.FromSeconds(1)));
        Assert.Equal("good", Output(driver).ReadKeyValue().Value);
    }

    [Fact]
    public void Error_handlers_decide_and_drops_are_counted_by_reason()
    {
        var application = new StreamFlowOptions
        {
            ApplicationId = "app",
            DeadLetterTopic = "dead",
            ProcessingErrorHandler = (in ErrorContext e) =>
                e.Exception is FormatException ? ErrorResponse.DeadLetter : ErrorResponse.Continue,
        };
        using var driver = new TopologyTestDriver(
            Map((_, v) => v switch
            {
                "poison" => throw new FormatException("poison"),
                "noise" => throw new InvalidOperationException("noise"),
                _ => v,
            }),
            new() { Application = application });

        Input(driver).PipeKeyValues([new("a", "poison"), new("b", "noise"), new("c", "noise"), new("d", "fine")]);

        Assert.Equal(KeyValuePair.Create("d", "fine"), Assert.Single(Output(driver).ReadKeyValues()));
        var dead = driver.CreateOutputTopic("dead", Serdes.String, Serdes.String).ReadRecord();
        Assert.Equal(("a", "poison"), (dead.Key, dead.Value));
        Assert.True(dead.Headers!.TryGetLast("__streams.errors.message", out _));
        Assert.Equal(1, driver.Metrics.DroppedRecords[DropReason.DeadLetter]);
        Assert.Equal(2, driver.Metrics.DroppedRecords[DropReason.Processing]);
    }

    [Theory]
    [InlineData(StoreType.InMemory)]
    [InlineData(StoreType.Persistent)]
    public void Stores_and_changelogs_can_be_read(StoreType type)
    {
        using var driver = new TopologyTestDriver(Count(type));
        var input = Input(driver);
        input.PipeKeyValues([new("a", "1"), new("b", "2"), new("a", "3")]);
        input.PipeWithoutKey("4");

        var store = driver.GetKeyValueStore<string, long>("counts");
        Assert.True(store.TryGet("a", out var count));
        Assert.Equal(2, count);
        Assert.Equal(["a", "b"], store.All().Select(e => e.Key));
        Assert.Equal(["counts"], driver.StateStores.Select(store => store.Name));
        Assert.Equal(1, driver.Metrics.DroppedRecords[DropReason.NullKey]);
        var changelog = driver.CreateOutputTopic("test-driver-counts-changelog", Serdes.String, Serdes.Bytes);
        Assert.Equal(["a", "b", "a"], changelog.ReadAll().Select(r => r.Key));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1_000_000, 1)]
    public void Record_cache_merges_what_one_record_caused(long cacheBytes, int expectedUpdates)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .FlatMapValues(value => value.Split(' '))
            .GroupByKey()
            .Count(new() { Name = "counts" })
            .ToStream()
            .To("out");
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { Application = new() { ApplicationId = "app", CacheMaxBytes = cacheBytes } });
        var output = driver.CreateOutputTopic("out", Serdes.String, Serdes.Int64);

        Input(driver).Pipe("k", "a b c");

        Assert.Equal(expectedUpdates, output.Count);
        Assert.Equal(3, output.ReadTable()["k"]);
    }

    [Fact]
    public void Window_stores_can_be_read()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(10), TimeSpan.Zero))
            .Count(new() { Name = "per-10s", Retention = TimeSpan.FromMinutes(1) });
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String, 0, TimeSpan.FromSeconds(4));
        input.PipeKeyValues([new("a", "0"), new("a", "4"), new("a", "8"), new("a", "12")]);
        input.Pipe("a", "late", 3_000);

        var store = driver.GetWindowStore<string, long>("per-10s");
        Assert.True(store.TryFetch("a", 0, out var first));
        Assert.True(store.TryFetch("a", 10_000, out var second));
        Assert.Equal((3, 1), (first, second));
        Assert.Equal(1, driver.Metrics.DroppedRecords[DropReason.Late]);
    }

    [Fact]
    public void Store_of_several_partitions_wants_to_know_which()
    {
        using var driver = new TopologyTestDriver(
            Count(StoreType.InMemory), new() { Partitions = new Dictionary<string, int> { ["in"] = 2 } });
        var input = Input(driver);
        input.Pipe(new Record<string, string>("a", "1", 0), partition: 1);

        Assert.Throws<ArgumentException>(() => driver.GetKeyValueStore<string, long>("counts"));
        Assert.True(driver.GetKeyValueStore<string, long>("counts", 1).TryGet("a", out _));
        Assert.False(driver.GetKeyValueStore<string, long>("counts", 0).TryGet("a", out _));
        Assert.Throws<ArgumentException>(() => driver.GetKeyValueStore<string, long>("counts", 2));
    }

    [Fact]
    public void Wrong_store_names_and_types_are_explained()
    {
        using var driver = new TopologyTestDriver(Count(StoreType.InMemory));
        var missing = Assert.Throws<ArgumentException>(() => driver.GetKeyValueStore<string, long>("nope"));
        Assert.Contains("There are: counts", missing.Message, StringComparison.Ordinal);
        var wrong = Assert.Throws<ArgumentException>(() => driver.GetKeyValueStore<string, int>("counts"));
        Assert.Contains("KeyValueStore<String, Int64>", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => driver.GetWindowStore<string, long>("counts"));
    }

    [Fact]
    public void Persistent_stores_are_opened_in_a_folder_that_goes_with_the_driver()
    {
        var backends = new RecordingBackends();
        using (var driver = new TopologyTestDriver(
            Count(StoreType.Persistent), new() { StoreBackend = backends }))
        {
            Input(driver).Pipe("a", "1");
            Assert.True(driver.GetKeyValueStore<string, long>("counts").TryGet("a", out _));
            Assert.True(Directory.Exists(backends.Directory));
        }

        Assert.False(Directory.Exists(backends.Directory));
    }

    [Fact]
    public void Topics_the_topology_does_not_fit_are_refused()
    {
        var topology = Map((_, v) => v);
        using var driver = new TopologyTestDriver(topology);
        var unknown = Assert.Throws<ArgumentException>(
            () => driver.CreateInputTopic("nope", Serdes.String, Serdes.String));
        Assert.Contains("It reads in.", unknown.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TopologyTestDriver(topology, new() { Application = new() }));
        Assert.Throws<ArgumentException>(() => new TopologyTestDriver(
            topology, new() { Partitions = new Dictionary<string, int> { ["in"] = 0 } }));
    }

    [Fact]
    public void Disposed_driver_refuses_to_work()
    {
        var driver = new TopologyTestDriver(Map((_, v) => v));
        var input = Input(driver);
        var output = Output(driver);
        driver.Dispose();
        driver.Dispose();
        Assert.Throws<ObjectDisposedException>(() => input.Pipe("k", "v"));
        Assert.Throws<ObjectDisposedException>(() => output.ReadRecord());
        Assert.Throws<ObjectDisposedException>(() => driver.AdvanceWallClock(TimeSpan.Zero));
    }

    [Fact]
    public void Wrong_serde_of_an_output_topic_is_explained()
    {
        using var driver = new TopologyTestDriver(Map((_, v) => v));
        Input(driver).Pipe("k", "abc");
        var output = driver.CreateOutputTopic("out", Serdes.String, Serdes.Int64);
        var error = Assert.Throws<StreamsException>(() => output.ReadRecord());
        Assert.StartsWith(
            "The value of topic 'out' offset 0 cannot be read as Int64 (3 bytes)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StoreType.InMemory)]
    [InlineData(StoreType.Persistent)]
    public void Streams_meet_the_rows_of_a_table_in_every_partition(StoreType type)
    {
        var builder = new StreamsBuilder();
        var table = builder.Table<string, string>("table", materialized: new() { Name = "rows", StoreType = type });
        builder.Stream<string, string>("in").SelectKey((_, v) => v)
            .LeftJoin(table, (v, row) => v + "-" + (row?.Value ?? "none")).To("out");
        using var driver = new TopologyTestDriver(
            builder.Build(), new() { Partitions = new Dictionary<string, int> { ["in"] = 3, ["table"] = 4 } });
        var rows = driver.CreateInputTopic("table", Serdes.String, Serdes.String);
        var keys = Enumerable.Range(0, 20).Select(i => $"k{i}").ToList();

        rows.PipeKeyValues(keys.Select(key => KeyValuePair.Create(key, "row")));
        rows.PipeTombstone("k0", 1);
        Input(driver).PipeKeyValues(keys.Select(key => KeyValuePair.Create("x" + key, key)));

        Assert.Equal(
            keys.Select(key => $"{key}-{(key == "k0" ? "none" : "row")}"), Output(driver).ReadAll().Select(r => r.Value));
        Assert.Equal(4, driver.Kafka.PartitionCount("test-driver-KSTREAM-KEY-SELECT-0000000003-repartition"));
        Assert.Equal(["rows"], driver.StateStores.Select(store => store.Name));
        Assert.Equal(
            19, Enumerable.Range(0, 4).Sum(p => driver.GetKeyValueStore<string, string>("rows", p).All().Count()));
    }

    [Fact]
    public void Faults_of_the_cluster_reach_the_error_handlers()
    {
        var application = new StreamFlowOptions
        {
            ApplicationId = "app",
            ProductionErrorHandler = (in ErrorContext e) => ErrorResponse.Continue,
        };
        using var driver = new TopologyTestDriver(Map((_, v) => v), new() { Application = application });
        var fault = driver.Kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Abortable, new() { Topic = "out" });
        var input = Input(driver);
        input.Pipe("k", "lost");
        input.Pipe("k", "kept");

        Assert.True(fault.IsSpent);
        Assert.Equal("kept", Assert.Single(Output(driver).ReadKeyValues()).Value);
    }

    private static Topology Map(Func<string, string, string> map)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapValues(map).To("out");
        return builder.Build();
    }

    private static Topology Count(StoreType type)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in")
            .GroupByKey()
            .Count(new() { Name = "counts", StoreType = type })
            .ToStream()
            .To("out");
        return builder.Build();
    }

    private static TestInputTopic<string, string> Input(TopologyTestDriver driver) =>
        driver.CreateInputTopic("in", Serdes.String, Serdes.String);

    private static TestOutputTopic<string, string> Output(TopologyTestDriver driver) =>
        driver.CreateOutputTopic("out", Serdes.String, Serdes.String);

    /// <summary>Memory that says it is persistent, and where it was told to be.</summary>
    private sealed class RecordingBackends : IStoreBackendFactory
    {
        public string? Directory { get; private set; }

        public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames)
        {
            Directory = directory;
            return new InMemoryBackend(storeNames);
        }
    }
}
