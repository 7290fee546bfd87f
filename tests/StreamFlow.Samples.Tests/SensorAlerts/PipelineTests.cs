using SensorAlerts;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Samples.Tests.SensorAlerts;

public sealed class PipelineTests : IDisposable
{
    private static readonly long Noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
    private readonly TopologyTestDriver _driver;
    private readonly TestInputTopic<string, Reading> _readings;
    private readonly TestOutputTopic<string, Refused> _refused;
    private readonly TestOutputTopic<string, Alert> _alerts;
    private readonly TestOutputTopic<Windowed<string>, Minute> _minutes;
    private readonly Dictionary<string, long> _sequences = [];

    public PipelineTests()
    {
        var builder = new StreamsBuilder();
        Pipeline.Describe(builder);
        _driver = new TopologyTestDriver(builder.Build(), new()
        {
            Application = new StreamFlowOptions
            {
                ApplicationId = Pipeline.Application,
                DeadLetterTopic = Pipeline.Unreadable,
                DeserializationErrorHandler = static (in ErrorContext _) => ErrorResponse.DeadLetter,
            },
        });
        _readings = _driver.CreateInputTopic<string, Reading>(Pipeline.Readings);
        _refused = _driver.CreateOutputTopic(Pipeline.RefusedReadings, Serdes.String, SampleJson.Serde<Refused>());
        _alerts = _driver.CreateOutputTopic(Pipeline.Alerts, Serdes.String, SampleJson.Serde<Alert>());
        _minutes = _driver.CreateOutputTopic(
            Pipeline.DeviceMinutes, Serdes.Windowed(Serdes.String, Pipeline.WindowSize), SampleJson.Serde<Minute>());
        var devices = _driver.CreateInputTopic<string, Device>(Pipeline.Devices);
        devices.Pipe("cellar", new Device("Cellar", Least: 5, Most: 15, SilentAfterSeconds: 10), Noon);
        devices.Pipe("attic", new Device("Attic", Least: 10, Most: 30, SilentAfterSeconds: 10), Noon);
    }

    [Fact]
    public void Minutes_have_number_average_least_and_most_of_a_device()
    {
        Measure("cellar", 0, 10);
        Measure("attic", 10, 20);
        Measure("cellar", 30, 14);
        Measure("cellar", 61, 12);
        var rows = _minutes.ReadTable().ToDictionary(row => (row.Key.Key, row.Key.Window.Start - Noon), row => row.Value);
        Assert.Equal(3, rows.Count);
        Assert.Equal(new Minute(2, 24, 10, 14), rows[("cellar", 0)]);
        Assert.Equal(12, rows[("cellar", 0)].Average);
        Assert.Equal(new Minute(1, 20, 20, 20), rows[("attic", 0)]);
        Assert.Equal(new Minute(1, 12, 12, 12), rows[("cellar", 60_000)]);
    }

    [Fact]
    public void What_must_not_be_counted_is_refused_with_the_reason()
    {
        Measure("cellar", 0, 10);
        _readings.Pipe("cellar", new Reading(1, Noon, 10)); // the same once more
        Measure("cellar", 1, -127);
        Measure("stranger", 2, 20);
        Assert.Equal(
            [("cellar", "duplicate"), ("cellar", "implausible"), ("stranger", "unknown device")],
            _refused.ReadAll().Select(record => (record.Value.Device, record.Value.Why)));
        Assert.Equal(1, _minutes.ReadTable().Values.Sum(minute => minute.Count));
        Assert.True(_alerts.IsEmpty);
    }

    [Fact]
    public void Half_a_message_is_set_aside_and_the_rest_goes_on()
    {
        _driver.CreateInputTopic(Pipeline.Readings, Serdes.String, Serdes.String).Pipe("cellar", """{"sequence":1,"at""");
        Measure("cellar", 1, 10);
        Assert.Equal("""{"sequence":1,"at""", _driver.CreateOutputTopic(Pipeline.Unreadable, Serdes.String, Serdes.String).ReadRecord().Value);
        Assert.Equal(1, _minutes.ReadTable().Values.Sum(minute => minute.Count));
    }

    [Fact]
    public void A_temperature_out_of_bounds_is_told_once_and_again_when_it_was_fine_between()
    {
        foreach (var (second, celsius) in new[] { (0, 15.0), (1, 15.1), (2, 16.0), (3, 12.0), (4, 4.0), (5, 4.5), (6, 17.0) })
        {
            Measure("cellar", second, celsius);
        }

        Assert.Equal(
            [(AlertKind.TooHot, 1L, "15.1 °C, above 15.0 °C"), (AlertKind.TooCold, 4L, "4.0 °C, below 5.0 °C"), (AlertKind.TooHot, 6L, "17.0 °C, above 15.0 °C")],
            _alerts.ReadAll().Select(record => (record.Value.Kind, (record.Value.SinceMs - Noon) / 1000, record.Value.Why)));
    }

    [Fact]
    public void A_device_that_is_silent_while_others_go_on_is_told_once()
    {
        Measure("cellar", 0, 10);
        Measure("attic", 10, 20);
        Assert.True(_alerts.IsEmpty);
        Measure("attic", 12, 20);
        var alert = _alerts.ReadRecord().Value;
        Assert.Equal(("Cellar", AlertKind.Silent, Noon), (alert.Room, alert.Kind, alert.SinceMs));
        Measure("attic", 20, 20);
        Measure("cellar", 21, 10);
        Assert.True(_alerts.IsEmpty);
    }

    [Fact]
    public void Silence_that_ends_before_it_was_looked_for_is_told_all_the_same()
    {
        Measure("cellar", 0, 10);
        Measure("cellar", 30, 10);
        Assert.Equal((AlertKind.Silent, Noon), _alerts.ReadAll().Select(record => (record.Value.Kind, record.Value.SinceMs)).Single());
        Measure("cellar", 50, 10);
        Assert.Equal(Noon + 30_000, _alerts.ReadRecord().Value.SinceMs);
    }

    [Fact]
    public void What_is_known_of_devices_outlives_a_crash()
    {
        Measure("cellar", 0, 16);
        _driver.Crash();
        Measure("cellar", 1, 16);
        _readings.Pipe("cellar", new Reading(2, Noon + 1000, 16));
        Assert.Single(_alerts.ReadAll());
        Assert.Equal(Refusals.Duplicate, _refused.ReadRecord().Value.Why);
    }

    public void Dispose() => _driver.Dispose();

    private void Measure(string device, double second, double celsius)
    {
        var sequence = _sequences[device] = _sequences.GetValueOrDefault(device) + 1;
        _readings.Pipe(device, new Reading(sequence, Noon + (long)(second * 1000), celsius));
    }
}
