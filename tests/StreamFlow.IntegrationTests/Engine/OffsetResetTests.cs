using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>Where a source begins, asked of real clients.</summary>
public abstract class OffsetResetTests(ClusterFixture fixture)
{
    [SkippableFact]
    public async Task Source_begins_with_the_records_of_the_last_hour_of_each_partition()
    {
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, "in", "old", "empty", "out");
        var now = DateTimeOffset.UtcNow;
        harness.Probe.Produce("in", Record("too old", 120), Record("in time", 30), Record("late but behind", 90));
        harness.Probe.Produce("old", Record("all too old", 90));
        await harness.StartAsync(b => b.Stream<string, string>(
            ["in", "old", "empty"], new() { OffsetReset = OffsetResetPolicy.ByDuration(TimeSpan.FromHours(1)) }).To("out"));
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count >= 2, "the records of the last hour");
        harness.Probe.Produce("empty", Record("later", 0));
        harness.Probe.Produce("old", Record("later", 0));
        await harness.UntilAsync(() => harness.Probe.ReadAll("out").Count >= 4, "later records");

        Assert.Equal(
            ["in time", "late but behind", "later", "later"],
            harness.Probe.ReadAll("out").Select(r => Encoding.UTF8.GetString(r.Message.Value)).Order());

        (string, string, long) Record(string value, int minutes) => ("k", value, now.AddMinutes(-minutes).ToUnixTimeMilliseconds());
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedOffsetResetTests(EmbeddedFixture fixture) : OffsetResetTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheOffsetResetTests(ApacheFixture fixture) : OffsetResetTests(fixture);
