using System.Buffers;
using System.Globalization;
using System.Text;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Dsl;

public sealed class TableTests
{
    [Fact]
    public void Rows_are_kept_with_their_changelog_only_where_something_looks_them_up()
    {
        static IReadOnlyList<string> Stores(Action<StreamsBuilder> describe)
        {
            var builder = new StreamsBuilder();
            describe(builder);
            return [.. builder.Build().Plan.SubTopologies.SelectMany(sub => sub.Stores).Select(store => store.ChangelogTopic)];
        }

        Assert.Empty(Stores(b => b.Table<string, string>("t").ToStream().To("out")));
        Assert.Empty(Stores(b => b.Table<string, string>("t", materialized: new()).ToStream().To("out")));
        Assert.Equal(["rows-changelog"], Stores(b => b.Table<string, string>("t", materialized: new() { Name = "rows" })));
        Assert.Equal(
            ["t-STATE-STORE-0000000000-changelog"],
            Stores(b =>
            {
                var table = b.Table<string, string>("t");
                var stream = b.Stream<string, string>("s");
                stream.Join(table, (v, row) => v + row);
                stream.Join(table.MapValues(v => v), (v, row) => v + row);
            }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Updates_come_as_they_are_and_deletions_too(bool named)
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("t", materialized: new() { Name = named ? "rows" : null }).ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("t", "k", "a", 10, Headers.Empty.With("h", "1"));
        harness.Pipe("t", "k", "b", 5);
        harness.Pipe("t", "k", "b", 6);
        harness.Pipe("t", "k", null, 7);
        harness.Pipe("t", "k", null, 8);
        harness.Pipe("t", null, "c", 9);

        Assert.Equal("k=a@10{h=1} k=b@5 k=b@6 k=null@7 k=null@8", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.NullKey));
        Assert.Equal(named ? "k=a@10 k=b@5 k=b@6 k=null@7 k=null@8" : "-", harness.Read("app-rows-changelog"));
    }

    [Fact]
    public void Updates_of_kept_rows_wait_for_the_commit_with_the_record_cache()
    {
        static string Run(bool caching)
        {
            var builder = new StreamsBuilder();
            builder.Table<string, string>("t", materialized: new() { Name = "rows", CachingEnabled = caching })
                .ToStream().To("out");
            var harness = new TaskHarness(builder.Build(), cacheBytes: 1_000_000);
            harness.Process("t", "k"u8.ToArray(), "a"u8.ToArray(), 1);
            harness.Pipe("t", "k", "b", 2);
            return harness.Read("out");
        }

        Assert.Equal("k=a@1 k=b@2", Run(caching: false));
        Assert.Equal("k=b@2", Run(caching: true));
    }

    [Fact]
    public void Store_has_the_serdes_and_the_operator_the_name_given_for_it()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, long>(
            "t",
            new() { Name = "keep", ValueSerde = new TextSerde() },
            new() { Name = "rows", ValueSerde = Serdes.Int64 });
        var topology = builder.Build();
        var harness = new TaskHarness(topology);

        harness.Pipe("t", "k", "7", 1);

        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 7], Assert.Single(harness.Take("app-rows-changelog")).Value);
        Assert.Contains("Source: keep-source (topics: [t])", topology.Describe(), StringComparison.Ordinal);
        Assert.Contains("Processor: keep (stores: [rows])", topology.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void Event_time_and_start_are_those_of_the_table()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("t", new()
        {
            OffsetReset = OffsetReset.Latest,
            TimestampExtractor = (record, _) => record.Value.Length,
        }).ToStream().To("out");
        var topology = builder.Build();
        var harness = new TaskHarness(topology);

        harness.Pipe("t", "k", "four", 1);

        Assert.Equal("k=four@4", harness.Read("out"));
        Assert.Equal(OffsetResetPolicy.Latest, topology.Plan.SubTopologies[0].Sources[0].OffsetReset);
    }

    [Fact]
    public void Update_that_is_older_than_its_row_is_logged()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("t", materialized: new() { Name = "rows" });
        var log = new ListLogger();
        var harness = new TaskHarness(builder.Build(), logger: log);

        harness.Pipe("t", "k", "a", 10);
        harness.Pipe("t", "k", "b", 10);
        harness.Pipe("t", "k", "c", 9);

        var message = Assert.Single(log.Messages);
        Assert.Contains("an update of time 9 for a row of time 10", message, StringComparison.Ordinal);
        Assert.Contains("KTABLE-SOURCE-0000000001", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Filter_deletes_what_it_cannot_know_of_until_rows_are_kept()
    {
        static string Run(string? store)
        {
            var builder = new StreamsBuilder();
            builder.Table<string, string>("t", materialized: new() { Name = store }).Filter((_, v) => v != "no")
                .ToStream().To("out");
            var harness = new TaskHarness(builder.Build());
            harness.Pipe("t", "k", "no", 1);
            harness.Pipe("t", "k", "a", 2);
            harness.Pipe("t", "k", "no", 3);
            harness.Pipe("t", "k", "no", 4);
            return harness.Read("out");
        }

        Assert.Equal("k=null@1 k=a@2 k=null@3 k=null@4", Run(null));
        Assert.Equal("k=a@2 k=null@3", Run("rows"));
    }

    [Fact]
    public void Topic_is_read_either_as_a_table_or_as_a_stream_and_as_a_table_once()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("t");
        builder.Stream<string, string>("s");

        Assert.Contains("ToStream()", Error(() => builder.Stream<string, string>("t")), StringComparison.Ordinal);
        Assert.Contains("ToStream()", Error(() => builder.Table<string, string>("t")), StringComparison.Ordinal);
        Assert.Contains("'s'", Error(() => builder.Table<string, string>("s")), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => builder.Table<string, string>(""));
    }

    private static string Error(Action describe) => Assert.Throws<TopologyException>(describe).Message;

    private sealed class TextSerde : ISerde<long>
    {
        public void Serialize(long value, IBufferWriter<byte> writer) =>
            writer.Write(Encoding.UTF8.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

        public long Deserialize(ReadOnlySpan<byte> data) => long.Parse(data, CultureInfo.InvariantCulture);
    }
}
