using SensorAlerts;

namespace StreamFlow.Samples.Tests.SensorAlerts;

public sealed class SensorSampleTests
{
    private static readonly SampleSettings Settings = new() { Count = 4000, Port = 0, Plain = true };

    [Fact]
    public async Task A_run_ends_with_all_readings_aggregated_or_refused_and_the_alerts_of_the_plan()
    {
        using var output = new StringWriter();
        var code = await SampleHost.RunAsync(Settings, new SensorSample { MqttPort = 0 }, output);
        Assert.True(code == 0, output.ToString());
        Assert.EndsWith("BALANCED", output.ToString().TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("NOT BALANCED", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reading_that_is_lost_does_not_balance()
    {
        var count = 0;
        using var output = new StringWriter();
        var sample = new SensorSample { MqttPort = 0, Publishes = _ => ++count != 30 };
        Assert.Equal(1, await SampleHost.RunAsync(Settings with { Count = 60 }, sample, output));
        Assert.Contains("MISMATCH  minutes of devices", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("NOT BALANCED", output.ToString().TrimEnd(), StringComparison.Ordinal);
    }
}
