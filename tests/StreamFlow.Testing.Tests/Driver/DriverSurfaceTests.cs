using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Driver;

public sealed class DriverSurfaceTests
{
    [Fact]
    public void Stores_are_listed_with_kinds_and_types()
    {
        using var driver = new TopologyTestDriver(Counts());

        Assert.Equal(
            [
                new StateStoreInfo("counts", StateStoreKind.KeyValue, typeof(string), typeof(long)),
                new StateStoreInfo("windows", StateStoreKind.Window, typeof(string), typeof(long)),
            ],
            driver.StateStores);
        Assert.Equal("windows: Window store of String, Int64", driver.StateStores[1].ToString());
    }

    [Fact]
    public void Store_asked_for_by_the_wrong_kind_or_name_tells_the_right_one()
    {
        using var driver = new TopologyTestDriver(Counts());

        var kind = Assert.Throws<ArgumentException>(() => driver.GetSessionStore<string, long>("windows"));
        var types = Assert.Throws<ArgumentException>(() => driver.GetWindowStore<long, long>("windows"));
        var name = Assert.Throws<ArgumentException>(() => driver.GetKeyValueStore<string, long>("nope"));

        Assert.Contains("GetWindowStore<String, Int64>(\"windows\")", kind.Message, StringComparison.Ordinal);
        Assert.Contains("GetWindowStore<String, Int64>(\"windows\")", types.Message, StringComparison.Ordinal);
        Assert.Contains("counts: KeyValue store of String, Int64", name.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Store_of_ones_own_is_listed_and_read_by_its_class()
    {
        var builder = new StreamsBuilder();
        builder.AddStateStore(new NoteBuilder("notes"));
        builder.Stream<string, string>("in").Process(() => new Noting(), new() { StoreNames = ["notes"] }).To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic<string, string>("in").Pipe("k", "v");

        Assert.Equal("notes: store of class Note", Assert.Single(driver.StateStores).ToString());
        Assert.Equal("k", driver.GetStateStore<Note>("notes").Last);
        var kind = Assert.Throws<ArgumentException>(() => driver.GetKeyValueStore<string, string>("notes"));
        Assert.Contains("GetStateStore<Note>(\"notes\")", kind.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Topic_starts_at_a_moment()
    {
        using var driver = new TopologyTestDriver(Counts());
        var start = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.FromHours(1));
        var input = driver.CreateInputTopic<string, string>("in", null, null, start, autoAdvance: TimeSpan.FromSeconds(1));
        input.Pipe("a", "x");
        input.Pipe("a", "y");

        Assert.True(driver.GetWindowStore<string, long>("windows").TryFetchWithTimestamp("a", start.ToUnixTimeMilliseconds(), out var row));
        Assert.Equal(start.ToUnixTimeMilliseconds() + 1_000, row.Timestamp);
    }

    [Fact]
    public void Serdes_that_are_left_out_are_those_of_the_topology()
    {
        var builder = new StreamsBuilder();
        builder.Stream("in", new Consumed<int, string> { KeySerde = Serdes.Int32, ValueSerde = new Reversed() })
            .MapValues(v => (long)v.Length).To("out");
        using var driver = new TopologyTestDriver(builder.Build());

        driver.CreateInputTopic<int, string>("in").Pipe(7, "abc");

        Assert.Equal(KeyValuePair.Create(7, 3L), driver.CreateOutputTopic<int, long>("out").ReadKeyValue());
        Assert.Equal("abc", driver.CreateOutputTopic<int, string>("in").ReadKeyValue().Value);
        Assert.Equal("cba", driver.CreateOutputTopic("in", valueSerde: Serdes.String, keySerde: Serdes.Int32).ReadKeyValue().Value);
        var types = Assert.Throws<ArgumentException>(() => driver.CreateOutputTopic<int, int>("out"));
        Assert.Contains("topic 'out' with keys of Int32 and values of Int32", types.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Partitions_of_a_topic_that_is_not_there_are_refused()
    {
        var options = new TopologyTestDriverOptions { Partitions = new Dictionary<string, int> { ["imput"] = 2 } };

        var error = Assert.Throws<ArgumentException>(() => new TopologyTestDriver(Counts(), options));

        Assert.Contains("Partitions names the topic 'imput', which the topology neither reads nor writes; it has 'in'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Partitions_of_topics_that_records_choose_are_taken()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To(record => record.Value!);
        var options = new TopologyTestDriverOptions { Partitions = new Dictionary<string, int> { ["chosen"] = 2 } };
        using var driver = new TopologyTestDriver(builder.Build(), options);

        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "chosen");

        Assert.Equal("chosen", driver.CreateOutputTopic("chosen", Serdes.String, Serdes.String).ReadRecord().Value);
    }

    [Fact]
    public void Drops_are_told_by_operator_and_reason_over_all_tasks()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.Repartition(new() { Name = "r" }).To("out");
        stream.GroupByKey().Count(new() { Name = "counts", ProcessorName = "counter" });
        var options = new TopologyTestDriverOptions { Partitions = new Dictionary<string, int> { ["in"] = 2 } };
        using var driver = new TopologyTestDriver(builder.Build(), options);
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);

        // The reason that comes last is met first.
        input.PipeTombstone("k");
        input.PipeWithoutKey("a");
        input.PipeWithoutKey("b");

        Assert.Equal(
            [
                new DroppedRecords("counter", DropReason.NullKey, 2),
                new DroppedRecords("counter", DropReason.NullValue, 1),
                new DroppedRecords("r-repartition-filter", DropReason.NullKey, 2),
            ],
            driver.Metrics.Drops);
        Assert.Equal(4, driver.Metrics.DroppedRecords[DropReason.NullKey]);
    }

    [Fact]
    public void Missing_parts_are_piped_without_a_warning_about_null()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string?>("in").MapValues(v => v ?? "deleted").To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        var output = driver.CreateOutputTopic("out", Serdes.String, Serdes.String);

        input.Pipe("k", null);
        input.Pipe(null, "v");
        input.PipeWithoutKey(null);

        Assert.Equal(
            ["k=deleted", "=v", "=deleted"], output.ReadAll().Select(record => $"{record.Key}={record.Value}"));
    }

    [Fact]
    public void Serdes_of_test_topics_know_their_topic_and_headers()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        using var driver = new TopologyTestDriver(builder.Build());
        var input = driver.CreateInputTopic("in", Serdes.String, new Signed());

        input.Pipe("k", "v");

        var record = driver.CreateOutputTopic("out", Serdes.String, new Signed()).ReadRecord();
        Assert.Equal("v read from out, written to in", record.Value);
    }

    private static Topology Counts()
    {
        var builder = new StreamsBuilder();
        var group = builder.Stream<string, string>("in").GroupByKey();
        group.WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(1), TimeSpan.Zero)).Count(new() { Name = "windows" });
        group.Count(new() { Name = "counts" });
        return builder.Build();
    }

    private sealed class Noting : IProcessor<string, string, string, string>
    {
        private Note? _note;

        public void Init(ProcessorContext<string, string> context) => _note = context.GetStateStore<Note>("notes");

        public void Process(Record<string, string> record) => _note!.Last = record.Key;
    }

    private sealed class NoteBuilder(string name) : StoreBuilder<Note>(name)
    {
        protected override Note Build(StoreSetup setup) => new(Name);
    }

    /// <summary>The smallest store there can be: it keeps nothing beyond the life of its task.</summary>
    private sealed class Note(string name) : StateStore(name)
    {
        public string? Last { get; set; }

        public override bool IsDirty => false;

        public override void Open(StateStoreContext context)
        {
        }

        public override void Flush()
        {
        }

        public override void Rollback()
        {
        }

        public override void Committed()
        {
        }

        public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch)
        {
        }
    }

    private sealed class Signed(SerdeContext? context = null) : ISerde<string>
    {
        public ISerde<string> For(SerdeContext context) => new Signed(context);

        public void Serialize(string value, System.Buffers.IBufferWriter<byte> writer)
        {
            context!.AddHeader("topic", System.Text.Encoding.UTF8.GetBytes(context.Topic));
            Serdes.String.Serialize(value, writer);
        }

        public string Deserialize(ReadOnlySpan<byte> data) =>
            context!.Headers.TryGetLast("topic", out var topic)
                ? $"{Serdes.String.Deserialize(data)} read from {context.Topic}, written to {Serdes.String.Deserialize(topic)}"
                : throw new FormatException("There is no topic.");
    }

    private sealed class Reversed : ISerde<string>
    {
        public void Serialize(string value, System.Buffers.IBufferWriter<byte> writer) =>
            Serdes.String.Serialize(new string([.. value.Reverse()]), writer);

        public string Deserialize(ReadOnlySpan<byte> data) => new([.. Serdes.String.Deserialize(data).Reverse()]);
    }
}
