using System.Buffers;
using System.Text;
using StreamFlow.Dsl;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Tests.Dsl.TableGroups;

/// <summary>What the recordings do not show of grouped tables.</summary>
public sealed class GroupedTableTests
{
    /// <summary>
    /// Kafka Streams up to 3.4 writes the value before and the value now as two records, the one before first; a rolling upgrade
    /// finds them in the topic.
    /// </summary>
    [Fact]
    public void C19_updates_in_two_records_are_read_as_updates_in_one()
    {
        var harness = new TaskHarness(Concat(b => b.Table<string, string>("in").GroupBy((k, v) => (k, v))));

        harness.Pipe("app-s-repartition", "A"u8.ToArray(), [0x31, 1], 10);
        harness.Pipe("app-s-repartition", "A"u8.ToArray(), [0x31, 0], 20);
        harness.Pipe("app-s-repartition", "A"u8.ToArray(), [0x33, 1], 20);
        harness.Pipe("app-s-repartition", "A"u8.ToArray(), [0x33, 0], 30);

        Assert.Equal("A=0+1@10 A=0+1-1@20 A=0+1-1+3@20 A=0+1-1+3-3@30", harness.Read("out"));
    }

    [Theory]
    [InlineData("3100", null, "1")]
    [InlineData("3101", "1", null)]
    [InlineData("02333102", "3", "1")]
    [InlineData("310103", null, "1")]
    [InlineData("310004", "1", null)]
    [InlineData("0233310105", "3", "1")]
    [InlineData("00310102", "", "1\u0001")]
    public void Updates_are_read_in_each_form_there_was(string bytes, string? now, string? before)
    {
        var change = new ChangeSerde<string>(Serdes.String).Deserialize(Convert.FromHexString(bytes));

        Assert.Equal((now, before), (change.HasNew ? change.New : null, change.HasOld ? change.Old : null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3106")]
    [InlineData("7f333102")]
    [InlineData("03333102")]
    public void Bytes_that_are_no_update_say_so(string bytes) =>
        Assert.Throws<FormatException>(() => new ChangeSerde<string>(Serdes.String).Deserialize(Convert.FromHexString(bytes)));

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(8191)]
    [InlineData(8192)]
    [InlineData(2_000_000)]
    public void Values_of_any_length_come_back(int length)
    {
        var serde = new ChangeSerde<string>(Serdes.String);
        var writer = new ArrayBufferWriter<byte>();
        var now = new string('n', length);

        serde.Serialize(new Change<string>(now, hasNew: true, "o", hasOld: true), writer);
        var read = serde.Deserialize(writer.WrittenSpan);

        Assert.Equal((now, "o"), (read.New, read.Old));
    }

    [Fact]
    public void Failed_subtractor_that_changed_its_aggregate_leaves_nothing_behind()
    {
        var builder = new StreamsBuilder();
        builder.Table<string, string>("in").GroupBy((_, v) => ("g", v))
            .Aggregate(
                () => new List<string>(),
                (_, v, all) => [.. all, v],
                (_, v, all) =>
                {
                    all.Remove(v);
                    return v == "bad" ? throw new InvalidOperationException("no") : all;
                },
                new() { ValueSerde = new JsonSerde<List<string>>() })
            .ToStream().MapValues(all => string.Join('+', all)).To("out");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("in", "a", "bad", 1);
        harness.Pipe("in", "b", "x", 2);
        harness.Pipe("in", "a", "good", 3);
        harness.Pipe("in", "b", "y", 4);

        Assert.Equal("g=bad@1 g=bad+x@2 g=bad+x+good@3 g=bad+good+y@4", harness.Read("out"));
        Assert.Equal(1, harness.Dropped);
    }

    /// <summary>The group is a struct and the value a number, of which 0 is one like any other.</summary>
    [Fact]
    public void Keys_and_values_of_value_types_are_grouped()
    {
        var builder = new StreamsBuilder();
        builder.Table<long, long>("in").GroupBy((k, v) => (k % 2, v)).Reduce((x, y) => x + y, (x, y) => x - y).ToStream()
            .Map(record => record.WithKey($"{record.Key}").WithValue($"{record.Value}")).To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Pipe("in", Bytes(1), Bytes(0), 1);
        harness.Pipe("in", Bytes(3), Bytes(5), 2);
        harness.Pipe("in", Bytes(1), Bytes(2), 3);
        harness.Pipe("in", Bytes(3), null, 4);

        Assert.Equal("1=0@1 1=5@2 1=7@3 1=2@4", harness.Read("out"));
    }

    /// <summary>An aggregate that is changed in place is not the one that its history has.</summary>
    [Fact]
    public void Aggregate_changed_in_place_leaves_its_earlier_versions_as_they_were()
    {
        var builder = new StreamsBuilder();
        var lists = builder.Stream<string, string>("in").GroupByKey().Aggregate(
            () => new List<string>(),
            (_, v, all) =>
            {
                all.Add(v);
                return all;
            },
            new() { Name = "lists", ValueSerde = new JsonSerde<List<string>>(), History = TimeSpan.FromMinutes(1) });
        lists.GroupBy((_, all) => ("g", string.Join('+', all)), new() { ValueSerde = Serdes.String })
            .Aggregate(() => "", (_, v, a) => a + " +" + v, (_, v, a) => a + " -" + v, new() { ValueSerde = Serdes.String })
            .ToStream().To("out");
        var harness = new TaskHarness(builder.Build());

        harness.Process("in", "k"u8.ToArray(), "a"u8.ToArray(), 10);
        harness.Process("in", "k"u8.ToArray(), "b"u8.ToArray(), 20);
        harness.Pipe("in", "k", "c", 30);

        Assert.Equal("g= +a@10 g= +a -a +a+b@20 g= +a -a +a+b -a+b +a+b+c@30", harness.Read("out"));
        Assert.Equal(
            ["[\"a\"]", "[\"a\",\"b\"]", "[\"a\",\"b\",\"c\"]"],
            harness.Take("app-lists-changelog").Select(record => Encoding.UTF8.GetString(record.Value!)));
    }

    [Fact]
    public void Table_is_known_by_the_name_of_the_store_that_it_was_given()
    {
        var builder = new StreamsBuilder();
        var table = builder.Stream<string, string>("stream").ToTable(new() { Name = "s", History = TimeSpan.FromHours(1) });

        Assert.Equal("s", table.QueryableStoreName);
        Assert.Equal<TimeSpan?>(TimeSpan.FromHours(1), table.History);
        Assert.Equal<TimeSpan?>(TimeSpan.FromHours(1), table.Filter((_, _) => true).MapValues(v => v).History);
        var group = builder.Table<string, string>("in").GroupBy((_, v) => (v, v));

        Assert.Equal("n", group.Count(new() { Name = "n" }).QueryableStoreName);
        Assert.Null(group.Count().QueryableStoreName);
        Assert.Null(builder.Table<string, string>("other").Filter((_, _) => true).QueryableStoreName);
        Assert.Equal("t", builder.Table<string, string>("named", materialized: new() { Name = "t" }).QueryableStoreName);
    }

    [Fact]
    public void Windowed_aggregate_cannot_have_a_history()
    {
        var windows = new StreamsBuilder().Stream<string, string>("in").GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromSeconds(1), TimeSpan.Zero));

        var error = Assert.Throws<TopologyException>(() => windows.Count(new() { History = TimeSpan.FromHours(1) }));

        Assert.Contains("Materialized.History", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Materialized<string, string> { History = TimeSpan.Zero });
    }

    private static Topology Concat(Func<StreamsBuilder, KGroupedTable<string, string>> group)
    {
        var builder = new StreamsBuilder();
        group(builder).Aggregate(() => "0", (_, v, a) => a + "+" + v, (_, v, a) => a + "-" + v, new() { Name = "s" })
            .ToStream().To("out");
        return builder.Build();
    }

    private static byte[] Bytes(long value)
    {
        var writer = new ArrayBufferWriter<byte>();
        Serdes.Int64.Serialize(value, writer);
        return writer.WrittenSpan.ToArray();
    }
}
