using StreamFlow.Planning;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Dsl;

public sealed class GlobalTableTests
{
    [Fact]
    public void Records_meet_rows_by_any_key_and_from_all_partitions()
    {
        using var driver = Driver(
            b => b.Stream<string, string>("in")
                .Join(b.GlobalTable<string, long>("rows"), (_, v) => v, (k, v, row) => $"{k}{v}{row}").To("out"),
            partitions: 4);
        var rows = driver.CreateInputTopic("rows", Serdes.String, Serdes.Int64);
        foreach (var key in new[] { "a", "b", "c", "d", "e" })
        {
            rows.Pipe(key, 0, 5);
        }

        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        input.Pipe("1", "a", 1);
        input.Pipe("2", "e", 2);
        input.Pipe("3", "missing", 3);
        rows.Pipe("e", 7, 1);
        input.Pipe("4", "e", 4);

        Assert.Equal(["1a0", "2e0", "4e7"], Values(driver));
        Assert.Equal(["out"], driver.ProducedTopics);
    }

    [Fact]
    public void Left_join_is_given_the_row_with_its_time_or_null()
    {
        using var driver = Driver(b => b.Stream<string, int>("in").LeftJoin(
            b.GlobalTable<int, int>("rows"), (_, v) => v, (v, row) => $"{v}:{row?.Value}@{row?.Timestamp}").To("out"));
        driver.CreateInputTopic("rows", Serdes.Int32, Serdes.Int32).Pipe(0, 0, 9);
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.Int32);
        input.Pipe("k", 0, 1);
        input.Pipe("k", 1, 2);

        Assert.Equal(["0:0@9", "1:@"], Values(driver));
    }

    [Fact]
    public void Value_that_is_missing_is_dropped_and_the_selector_is_not_shown_a_zero()
    {
        using var driver = Driver(b => b.Stream<string, int>("in").LeftJoin(
            b.GlobalTable<int, string>("rows"), (_, v) => v, (v, row) => $"{v}{row?.Value}").To("out"));
        driver.CreateInputTopic("rows", Serdes.Int32, Serdes.String).Pipe(0, "zero", 1);
        driver.Kafka.Append(new TopicPartition("in", 0), "k"u8.ToArray(), null, 1);
        driver.AdvanceWallClock(TimeSpan.Zero);

        Assert.Empty(Values(driver));
        Assert.Equal(1, driver.Metrics.DroppedRecords[DropReason.NullValue]);
    }

    [Fact]
    public void Topology_may_write_what_it_looks_up()
    {
        using var driver = Driver(b =>
        {
            var input = b.Stream<string, string>("in");
            input.LeftJoin(b.GlobalTable<string, string>("rows"), (k, _) => k, (v, row) => $"{row?.Value}{v}").To("out");
            input.To("rows");
        });
        var input = driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        input.Pipe("k", "a", 1);
        input.Pipe("k", "b", 2);
        input.Pipe("k", "c", 3);

        Assert.Equal(["a", "ab", "bc"], Values(driver));
    }

    /// <summary>E12: Kafka Streams ends in a ClassCastException when a dead letter topic is set.</summary>
    [Theory]
    [InlineData(ErrorResponse.Continue)]
    [InlineData(ErrorResponse.DeadLetter)]
    public void Record_that_cannot_be_read_goes_to_the_handler_and_gives_no_dead_letter(ErrorResponse response)
    {
        var asked = new List<ErrorStage>();
        using var driver = Driver(
            b => b.Stream<string, string>("in")
                .Join(b.GlobalTable<string, long>("rows"), (k, _) => k, (v, row) => $"{v}{row}").To("out"),
            handler: (in ErrorContext error) =>
            {
                asked.Add(error.Stage);
                return response;
            });
        driver.CreateInputTopic("rows", Serdes.String, Serdes.String).Pipe("k", "no number", 1);
        driver.CreateInputTopic("rows", Serdes.String, Serdes.Int64).Pipe("j", 4, 1);
        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("j", "a", 2);

        Assert.Equal([ErrorStage.Deserialization], asked);
        Assert.Equal(["a4"], Values(driver));
        Assert.Equal(["out"], driver.ProducedTopics);
        Assert.Equal(1, driver.Metrics.DroppedRecords[DropReason.Deserialization]);
    }

    [Fact]
    public void Store_is_read_by_name_and_has_no_changelog()
    {
        GlobalKTable<string, string> table = null!;
        using var driver = Driver(b =>
        {
            table = b.GlobalTable<string, string>("rows", materialized: new() { Name = "names", StoreType = StoreType.InMemory });
            b.Stream<string, string>("in").Join(table, (k, _) => k, (v, row) => v + row).To("out");
        });
        driver.CreateInputTopic("rows", Serdes.String, Serdes.String).Pipe("k", "Kim", 5);

        Assert.Equal("names", table.QueryableStoreName);
        Assert.True(driver.GetKeyValueStore<string, string>("names").TryGetWithTimestamp("k", out var row));
        Assert.Equal(("Kim", 5), (row.Value, row.Timestamp));
        Assert.Contains(driver.StateStores, store => store.Name == "names");
        Assert.DoesNotContain(driver.Kafka.Topics, topic => topic.Contains("changelog", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_has_globals_apart_from_what_has_tasks()
    {
        var builder = new StreamsBuilder();
        var table = builder.GlobalTable<string, string>("rows");
        builder.Stream<string, string>("in").Join(table, (k, _) => k, (v, row) => v + row).To("out");

        var plan = builder.Build().Plan;

        Assert.Equal(0, Assert.Single(plan.Globals).Id);
        Assert.Equal(1, Assert.Single(plan.SubTopologies).Id);
        Assert.Equal(TopicKind.Global, Assert.Single(plan.Globals[0].Sources).Kind);
        Assert.False(Assert.Single(plan.Globals[0].Stores).IsLogged);
        Assert.Empty(plan.SubTopologies[0].Stores);
    }

    [Fact]
    public void Topic_is_read_one_way_only()
    {
        var builder = new StreamsBuilder();
        builder.GlobalTable<string, string>("rows");

        Assert.Contains(
            "global table", Assert.Throws<TopologyException>(() => builder.Stream<string, string>("rows")).Message, StringComparison.Ordinal);
        Assert.Throws<TopologyException>(() => builder.Table<string, string>("rows"));
        Assert.Throws<TopologyException>(() => builder.GlobalTable<string, string>("rows"));
    }

    [Fact]
    public void What_does_not_fit_a_copy_of_the_whole_topic_is_refused()
    {
        var builder = new StreamsBuilder();
        var stream = new StreamsBuilder().Stream<string, string>("in");

        Assert.Contains("OffsetReset", Assert.Throws<TopologyException>(
            () => builder.GlobalTable("a", new Consumed<string, string> { OffsetReset = OffsetReset.Latest })).Message, StringComparison.Ordinal);
        Assert.Contains("own times", Assert.Throws<TopologyException>(
            () => builder.GlobalTable("a", new Consumed<string, string> { TimestampExtractor = (r, _) => r.Timestamp })).Message, StringComparison.Ordinal);
        Assert.Throws<TopologyException>(
            () => stream.Join(builder.GlobalTable<string, string>("b"), (k, _) => k, (v, row) => v + row));
    }

    private static TopologyTestDriver Driver(Action<StreamsBuilder> describe, int partitions = 1, ErrorHandler? handler = null)
    {
        var builder = new StreamsBuilder();
        describe(builder);
        var application = new StreamFlowOptions { ApplicationId = "app", DeadLetterTopic = "dead" };
        if (handler is not null)
        {
            application.DeserializationErrorHandler = handler;
        }

        return new TopologyTestDriver(builder.Build(), new()
        {
            Application = application,
            Partitions = new Dictionary<string, int> { ["rows"] = partitions },
        });
    }

    private static IEnumerable<string> Values(TopologyTestDriver driver) =>
        driver.CreateOutputTopic("out", Serdes.String, Serdes.String).ReadKeyValues().Select(pair => pair.Value);
}
