using SensorAlerts;

namespace StreamFlow.Samples.Tests.SensorAlerts;

public sealed class SensorSampleTests
{
    [Fact]
    public async Task A_run_ends_with_all_readings_aggregated_or_refused_and_the_alerts_of_the_plan() =>
        RunOf.AssertBalanced(await RunOf.SampleAsync(new SensorSample { MqttPort = 0 }, new() { Count = 4000 }));

    [Fact]
    public async Task A_reading_that_is_lost_does_not_balance()
    {
        var count = 0;
        var sample = new SensorSample { MqttPort = 0, Publishes = _ => ++count != 30 };
        var run = await RunOf.SampleAsync(sample, new() { Count = 60, Patience = TimeSpan.FromSeconds(3) });
        RunOf.AssertNotBalanced(run, "minutes of devices");
    }
}
