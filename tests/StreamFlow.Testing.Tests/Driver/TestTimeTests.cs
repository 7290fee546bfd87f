using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Driver;

public sealed class TestTimeTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TopologyTestDriver _driver;
    private readonly TestOutputTopic<string, string> _output;

    public TestTimeTests()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        _driver = new TopologyTestDriver(builder.Build(), new() { StartTime = Start });
        _output = _driver.CreateOutputTopic("out", Serdes.String, Serdes.String);
    }

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Records_without_a_timestamp_get_the_wall_clock()
    {
        var input = _driver.CreateInputTopic("in", Serdes.String, Serdes.String);
        input.Pipe("k", "a");
        _driver.AdvanceWallClock(TimeSpan.FromSeconds(5));
        input.Pipe("k", "b");

        var start = Start.ToUnixTimeMilliseconds();
        Assert.Equal([start, start + 5000], Timestamps());
        Assert.Equal(Start + TimeSpan.FromSeconds(5), _driver.Time.GetUtcNow());
        Assert.Throws<InvalidOperationException>(() => input.AdvanceTime(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Topic_with_a_start_counts_its_own_time()
    {
        var input = _driver.CreateInputTopic("in", Serdes.String, Serdes.String, 100, TimeSpan.FromMilliseconds(10));
        input.Pipe("k", "a");
        input.Pipe("k", "b");
        input.Pipe("k", "c", 7);
        input.AdvanceTime(TimeSpan.FromSeconds(1));
        input.PipeTombstone("k");
        input.PipeWithoutKey("e");
        input.PipeRecords([new Record<string, string>("k", "f", 3)]);

        Assert.Equal([100, 110, 7, 1120, 1130, 3], Timestamps());
    }

    [Fact]
    public void Topic_with_a_step_alone_starts_at_the_wall_clock()
    {
        var input = _driver.CreateInputTopic("in", Serdes.String, Serdes.String, autoAdvance: TimeSpan.FromSeconds(1));
        input.PipeKeyValues([KeyValuePair.Create("k", "a"), KeyValuePair.Create("k", "b")]);
        var start = Start.ToUnixTimeMilliseconds();
        Assert.Equal([start, start + 1000], Timestamps());
    }

    [Fact]
    public void Task_that_idles_goes_on_when_the_wall_clock_lets_it()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("left").Merge(builder.Stream<string, string>("right")).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new()
        {
            Application = new() { ApplicationId = "app", MaxTaskIdle = TimeSpan.FromSeconds(10) },
        });
        var output = driver.CreateOutputTopic("out", Serdes.String, Serdes.String);
        driver.CreateInputTopic("left", Serdes.String, Serdes.String).Pipe("k", "a");
        Assert.True(output.IsEmpty);

        driver.AdvanceWallClock(TimeSpan.FromSeconds(9));
        Assert.True(output.IsEmpty);
        driver.AdvanceWallClock(TimeSpan.FromSeconds(1));
        Assert.Equal("a", output.ReadKeyValue().Value);
    }

    private IEnumerable<long> Timestamps() => _output.ReadAll().Select(r => r.Timestamp);
}
