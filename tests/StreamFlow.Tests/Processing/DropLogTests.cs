using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Processing;

/// <summary>What is left out is counted each time and logged rarely.</summary>
public sealed class DropLogTests : IDisposable
{
    private readonly ListLogger _log = new();
    private readonly TopologyTestDriver _driver;
    private readonly TestInputTopic<string, string> _input;
    private readonly TestInputTopic<string, string> _table;

    public DropLogTests()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count().ToStream().To("out");
        builder.Stream<string, string>("bad").MapValues(string (v) => throw new FormatException(v)).To("good");
        builder.Stream<string, string>("hops").GroupByKey()
            .WindowedBy(HoppingWindows.Of(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(1)))
            .Count(new() { Name = "hops" });
        builder.Stream<string, string>("visits").GroupByKey()
            .WindowedBy(SessionWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(2))).Count(new() { Name = "visits" });
        builder.Stream<string, string>("near").GroupByKey()
            .WindowedBy(SlidingWindows.Of(TimeSpan.FromMinutes(5), grace: TimeSpan.FromMinutes(3))).Count(new() { Name = "near" });
        builder.Table<string, string>("history", materialized: new() { Name = "history", History = TimeSpan.FromMinutes(1) })
            .ToStream().To("rows");
        builder.Table<string, string>("table", materialized: new() { Name = "rows" }).ToStream().To("rows");
        var options = new TopologyTestDriverOptions { Logger = _log };
        options.Application.ProcessingErrorHandler = static (in ErrorContext _) => ErrorResponse.Continue;
        _driver = new TopologyTestDriver(builder.Build(), options);
        _input = _driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        _table = _driver.CreateInputTopic("table", Serdes.String, Serdes.String);
    }

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void The_first_is_logged_at_once_and_those_after_it_together()
    {
        Drop(5);
        Assert.Contains("left out 1 record(s) (NullValue), the last one from input in-0 offset 0", Assert.Single(Lines), StringComparison.Ordinal);

        _driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        Drop(100);

        Assert.Equal(2, Lines.Count);
        Assert.Contains("left out 5 record(s) (NullValue), the last one from input in-0 offset 5", Lines[1], StringComparison.Ordinal);
        Assert.Equal(105, _driver.Metrics.DroppedRecords[DropReason.NullValue]);
    }

    /// <summary>One from two hours ago: whether grace is too short, or a clock wrong, is seen by the line.</summary>
    [Theory]
    [InlineData("hops", "(Late), the last one from input hops-0 offset 1: event time 1970-01-01T00:00:00.000Z, stream time "
        + "1970-01-01T02:00:00.000Z, window 1970-01-01T00:00:00.000Z to 1970-01-01T00:10:00.000Z, grace 1 min")]
    [InlineData("visits", "(Late), the last one from input visits-0 offset 1: event time 1970-01-01T00:00:00.000Z, stream time "
        + "1970-01-01T02:00:00.000Z, window 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:00.000Z, grace 2 min")]
    [InlineData("near", "(Late), the last one from input near-0 offset 1: event time 1970-01-01T00:00:00.000Z, stream time "
        + "1970-01-01T02:00:00.000Z, window 1970-01-01T00:00:00.000Z to 1970-01-01T00:05:00.000Z, grace 3 min")]
    [InlineData("history", "history left out 1 record(s) (Expired), the last one from input history-0 offset 1: event time "
        + "1970-01-01T00:00:00.000Z, stream time 1970-01-01T02:00:00.000Z, kept for 1 min")]
    public void A_late_record_is_logged_with_its_time_and_what_it_was_held_against(string topic, string text)
    {
        var input = _driver.CreateInputTopic(topic, Serdes.String, Serdes.String);
        input.Pipe("k", "v", 7_200_000);
        for (var i = 0; i < 1000; i++)
        {
            input.Pipe("k", "late", 0);
        }

        Assert.Contains(text, Assert.Single(Lines), StringComparison.Ordinal);
        _driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        input.Pipe("k", "late", 0);
        Assert.Equal(2, Lines.Count);
    }

    [Fact]
    public void Each_line_has_the_times()
    {
        _input.Pipe("k", "v", 1000);
        _input.Pipe("k", null!, 500);

        Assert.EndsWith(
            "offset 1: event time 1970-01-01T00:00:00.500Z, stream time 1970-01-01T00:00:01.000Z", Assert.Single(Lines),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Those_that_no_further_one_tells_of_are_told_at_a_commit()
    {
        Drop(5);
        _driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        _input.Pipe("k", "v");

        Assert.Contains("left out 4 more record(s) (NullValue)", Lines[1], StringComparison.Ordinal);
        _driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        _input.Pipe("k", "v");
        Assert.Equal(2, Lines.Count);
    }

    [Fact]
    public void Those_not_told_of_yet_are_told_at_the_end()
    {
        Drop(3);
        _driver.Dispose();

        Assert.Contains("left out 2 more record(s) (NullValue)", Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Each_reason_and_node_is_logged_for_itself()
    {
        Drop(2);
        _input.Pipe(null!, "v");

        Assert.Equal(2, Lines.Count);
        Assert.Contains("(NullKey)", Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Failures_that_are_left_out_are_logged_as_rarely_and_counted_all()
    {
        var bad = _driver.CreateInputTopic("bad", Serdes.String, Serdes.String);
        for (var i = 0; i < 50; i++)
        {
            bad.Pipe("k", "v");
        }

        Assert.Single(_log.Messages, m => m.Contains("failed in Processing", StringComparison.Ordinal));
        _driver.AdvanceWallClock(TimeSpan.FromSeconds(10));
        bad.Pipe("k", "v");

        Assert.Equal(2, _log.Messages.Count(m => m.Contains("failed in Processing", StringComparison.Ordinal)));
        Assert.Contains("left out 49 more record(s) (Processing)", Assert.Single(Lines), StringComparison.Ordinal);
        Assert.Equal(51, _driver.Metrics.DroppedRecords[DropReason.Processing]);
    }

    [Fact]
    public void Updates_out_of_order_are_logged_as_rarely()
    {
        _table.Pipe("k", "v", 1000);
        for (var i = 999; i > 900; i--)
        {
            _table.Pipe("k", "v", i);
        }

        Assert.Single(_log.Messages, m => m.Contains("got an update of time", StringComparison.Ordinal));
        Assert.Contains(_log.Messages, m => m.Contains("an update of time 999 for a row of time 1000", StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Lines => [.. _log.Messages.Where(m => m.Contains("left out", StringComparison.Ordinal))];

    private void Drop(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _input.Pipe("k", null!);
        }
    }
}
