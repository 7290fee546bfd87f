using System.Buffers;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Serialization;

public sealed class SerdeContextTests
{
    [Fact]
    public void Serde_is_told_topic_part_and_headers_at_every_place()
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new Recording(seen));
        var stream = builder.Stream<string, string>(["in", "more"]);
        var totals = stream.GroupBy((_, v) => v, new() { Name = "by-value" })
            .Aggregate(() => string.Empty, (_, v, sum) => sum + v, new() { Name = "sums", CachingEnabled = false });
        totals.ToStream().To("sums");
        stream.Join(builder.Table<string, string>("rows", materialized: new() { Name = "kept", LoggingEnabled = false }), (v, row) => v + row)
            .To(record => "to-" + record.Key);
        stream.GroupByKey().WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(10), TimeSpan.Zero))
            .Aggregate(() => string.Empty, (_, v, _) => v, new() { Name = "windows" }).ToStream().To("windows");
        var harness = new TaskHarness(builder.Build(), cacheBytes: 1_000_000);
        var header = Headers.Empty.With("h", "x");

        harness.Pipe("rows", "k", "r", 1, header);
        harness.Pipe("in", "k", "v", 2, header);
        harness.Pipe("more", "l", "w", 3);

        Assert.Equal(
            [
                "read app-by-value-repartition key -",
                "read app-by-value-repartition key h",
                "read app-by-value-repartition value -",
                "read app-by-value-repartition value h",
                "read in key h",
                "read in value h",
                "read more key -",
                "read more value -",
                "read rows key h",
                "read rows value h",
                "write app-by-value-repartition key -",
                "write app-by-value-repartition key h",
                "write app-by-value-repartition value -",
                "write app-by-value-repartition value h",
                "write app-kept-changelog key none",
                "write app-kept-changelog value none",
                "write app-sums-changelog key none",
                "write app-sums-changelog value none",
                "write app-windows-changelog key none",
                "write app-windows-changelog value none",
                "write sums key -",
                "write sums key h",
                "write sums value -",
                "write sums value h",
                "write to-k key h",
                "write to-k value h",
                "write windows key -",
                "write windows key h",
                "write windows value -",
                "write windows value h",
            ],
            seen.Where(line => !line.StartsWith("read app-", StringComparison.Ordinal) || line.Contains("repartition", StringComparison.Ordinal)));
        Assert.Equal("k=vr@2{h=x}", harness.Read("to-k"));
    }

    [Fact]
    public void Values_of_a_store_are_read_back_in_the_place_they_were_written_at()
    {
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        var builder = new StreamsBuilder();
        builder.Serdes.Add(new Recording(seen));
        builder.Stream<string, string>("in").GroupByKey().Reduce((a, b) => a + b, new() { Name = "s" });
        var topology = builder.Build();
        var backends = new Dictionary<string, InMemoryBackend>();
        new TaskHarness(topology, backends: backends).Pipe("in", "k", "a", 1);
        seen.Clear();

        new TaskHarness(topology, backends: backends).Pipe("in", "k", "b", 2);

        Assert.Contains("read app-s-changelog value none", seen);
    }

    [Fact]
    public void Headers_a_serde_adds_go_with_its_record_and_with_no_other()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("in");
        stream.To("ids", new() { KeySerde = new SchemaIds(), ValueSerde = new SchemaIds() });
        stream.To("plain");
        stream.Repartition(new() { Name = "r", ValueSerde = new SchemaIds() }).MapValues(v => v).To("behind");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", "k", "v", 1, Headers.Empty.With("h", "x"));
        harness.Pipe("in", "k", null, 2);

        Assert.Equal("k=v@1{h=x}{key=ids}{value=ids} k=null@2{key=ids}", harness.Read("ids"));
        Assert.Equal("k=v@1{h=x} k=null@2", harness.Read("plain"));
        Assert.Equal("k=v@1{h=x}{value=app-r-repartition} k=null@2", harness.Read("app-r-repartition"));
        Assert.Equal("k=v@1{h=x}{value=app-r-repartition} k=null@2", harness.Read("behind"));
    }

    [Fact]
    public void Header_added_where_there_can_be_none_is_refused_with_the_reason()
    {
        var store = new SerdeContext("app-s-changelog", isKey: false, headers: default(RecordHeaders));
        var read = new SerdeContext("in", isKey: false, new RecordHeaders());
        var written = new SerdeContext("out", isKey: false, Headers.Empty.With("h", "x"));

        written.AddHeader("id", [1]);

        Assert.False(store.HasHeaders);
        Assert.Empty(store.Headers);
        Assert.Contains("app-s-changelog", Assert.Throws<InvalidOperationException>(() => store.AddHeader("id", [1])).Message, StringComparison.Ordinal);
        Assert.Contains("being read", Assert.Throws<InvalidOperationException>(() => read.AddHeader("id", [1])).Message, StringComparison.Ordinal);
        Assert.Equal(["h", "id"], written.Headers.Select(header => header.Key));
    }

    [Fact]
    public void Serde_that_ignores_the_context_is_used_as_it_is_and_headers_are_not_touched()
    {
        var serdes = new TopicSerdes<string, long?>("t", Serdes.String, Serdes.Nullable(Serdes.Int64), writes: true);
        var windowed = Serdes.Windowed(Serdes.String, TimeSpan.FromMinutes(1));
        var nullable = Serdes.Nullable(Serdes.Int64);
        var headers = Headers.Empty.With("h", "x");

        serdes.Show(null);

        Assert.Same(Serdes.String, serdes.Keys);
        Assert.Same(headers, serdes.Written(headers));
        Assert.Same(windowed, windowed.For(new SerdeContext("t", isKey: true)));
        Assert.Same(nullable, nullable.For(new SerdeContext("t", isKey: true)));
    }

    [Fact]
    public void Context_costs_no_allocation_where_a_serde_looks_at_it()
    {
        var seen = 0;
        var counting = new Counting(() => seen++);
        var serdes = new TopicSerdes<long, long>("t", counting, counting, writes: false);
        var bytes = new byte[8];
        void Run()
        {
            for (var i = 0; i < 1000; i++)
            {
                serdes.Show(null);
                serdes.Values.Deserialize(bytes);
            }
        }

        var (allocated, rounds) = SteadyAllocation.Measure(Run);

        Assert.Equal(0, allocated);
        Assert.Equal(rounds * 1000, seen);
    }

    /// <summary>Text that tells where it is read and written.</summary>
    private sealed class Recording(ISet<string> seen, SerdeContext? context = null) : ISerde<string>
    {
        public ISerde<string> For(SerdeContext context) => new Recording(seen, context);

        public void Serialize(string value, IBufferWriter<byte> writer)
        {
            See("write");
            writer.Write(Encoding.UTF8.GetBytes(value));
        }

        public string Deserialize(ReadOnlySpan<byte> data)
        {
            See("read");
            return Encoding.UTF8.GetString(data);
        }

        private void See(string what)
        {
            var (topic, isKey) = (context!.Topic, context.IsKey);
            var headers = !context.HasHeaders ? "none" : context.Headers.Count > 0 ? context.Headers[0].Key : "-";
            seen.Add($"{what} {topic} {(isKey ? "key" : "value")} {headers}");
        }
    }

    /// <summary>Puts the topic into a header, as a serde with a schema registry puts an id.</summary>
    private sealed class SchemaIds(SerdeContext? context = null) : ISerde<string>
    {
        public ISerde<string> For(SerdeContext context) => new SchemaIds(context);

        public void Serialize(string value, IBufferWriter<byte> writer)
        {
            context!.AddHeader(context.IsKey ? "key" : "value", Encoding.UTF8.GetBytes(context.Topic));
            writer.Write(Encoding.UTF8.GetBytes(value));
        }

        public string Deserialize(ReadOnlySpan<byte> data) =>
            context!.Headers.TryGetLast("value", out _)
                ? Encoding.UTF8.GetString(data)
                : throw new FormatException("There is no schema id.");
    }

    private sealed class Counting(Action count, SerdeContext? context = null) : ISerde<long>
    {
        public ISerde<long> For(SerdeContext context) => new Counting(count, context);

        public void Serialize(long value, IBufferWriter<byte> writer) => Serdes.Int64.Serialize(value, writer);

        public long Deserialize(ReadOnlySpan<byte> data)
        {
            if (context!.Headers.Count == 0)
            {
                count();
            }

            return 0;
        }
    }
}
