using StreamFlow;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlowNamespace.Tests;

public sealed class PipelineTests : IDisposable
{
    private readonly TopologyTestDriver _driver;
    private readonly TestInputTopic<string, Reading> _readings;
    private readonly TestOutputTopic<string, Average> _averages;

    public PipelineTests()
    {
        var builder = new StreamsBuilder();
        Pipeline.Describe(builder);
        _driver = new TopologyTestDriver(builder.Build());
        _readings = _driver.CreateInputTopic<string, Reading>(Pipeline.Readings);
        _averages = _driver.CreateOutputTopic<string, Average>(Pipeline.Averages);
    }

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Readings_of_a_minute_have_one_mean()
    {
        _readings.Pipe("attic", new Reading(20), timestamp: 0);
        _readings.Pipe("attic", new Reading(30), timestamp: 59_999);

        Assert.Equal(25, _averages.ReadTable()["attic"].Mean);
    }

    [Fact]
    public void A_new_minute_begins_anew()
    {
        _readings.Pipe("attic", new Reading(20), timestamp: 0);
        _readings.Pipe("attic", new Reading(30), timestamp: 60_000);

        Assert.Equal(30, _averages.ReadTable()["attic"].Mean);
    }

    [Fact]
    public void A_reading_without_a_temperature_is_refused()
    {
        var readings = _driver.CreateInputTopic(Pipeline.Readings, Serdes.String, Serdes.String);

        Assert.ThrowsAny<StreamsException>(() => readings.Pipe("attic", """{"fahrenheit":68}"""));
    }
}
