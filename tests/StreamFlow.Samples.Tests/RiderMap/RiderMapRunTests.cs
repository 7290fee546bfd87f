using global::RiderMap;
using StreamFlow.Samples.Tests.Support;

namespace StreamFlow.Samples.Tests.RiderMap;

/// <summary>The sample as it is started from the command line.</summary>
public sealed class RiderMapRunTests
{
    private static readonly SampleSettings Settings = new() { Port = 0, Plain = true };

    [Fact]
    public async Task A_run_ends_with_books_that_balance()
    {
        var output = await SampleRuns.BalancedAsync(new RiderMapSample(riders: 100), Settings with { Count = 8_000 });
        Assert.Contains("  ok        positions, each counted once: 8,000\n", output, StringComparison.Ordinal);
        Assert.Contains("  ok        riders in zones, all of them together: 100\n", output, StringComparison.Ordinal);
        Assert.EndsWith("\nBALANCED\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_is_told_of_all_riders_zones_and_deliveries()
    {
        await using var run = await SampleRuns.StartAsync(new RiderMapSample(riders: 100), Settings with { Rate = 1_000 });
        var (riders, zones, deliveries) = (new HashSet<string>(), new HashSet<string>(), new HashSet<string>());
        await run.Http.ReadAsync<MapPicture>("live", picture =>
        {
            riders.UnionWith(picture.Riders.Select(r => r.Id));
            zones.UnionWith(picture.Zones.Keys);
            deliveries.UnionWith(picture.Deliveries.Where(d => d.Value is not null).Select(d => d.Key));
            return riders.Count == 100 && zones.Count > 20 && deliveries.Count > 50;
        });
        foreach (var file in (string[])["", "map.js", "ride.js", "map.css"])
        {
            using var response = await run.Http.GetAsync(new Uri(file, UriKind.Relative));
            Assert.True(response.IsSuccessStatusCode, $"{file}: {response.StatusCode}");
        }

        Assert.EndsWith("\nBALANCED\n", await run.StopAsync(), StringComparison.Ordinal);
    }
}
