using System.Buffers.Binary;
using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>
/// What docs/guide/operating.md says of rolling updates: one instance after the other is stopped and comes back as a new release, on the
/// state directory that it had, while the other works on.
/// </summary>
public abstract class RollingUpdateTests(ClusterFixture fixture)
{
    private const int Keys = 12;

    private readonly string _id = $"rolling-{Guid.NewGuid():N}"[..16];
    private int _waves;

    [SkippableFact]
    public async Task A_release_with_another_filter_and_sink_takes_over_instance_by_instance_and_counts_on()
    {
        using var first = new TempFolder();
        using var second = new TempFolder();
        await using var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(4, "orders", "out", "copies");
        var running = new List<(StreamsApplication Application, TempFolder Folder)>
        {
            (await harness.StartAsync(Old, Instance(first)), first), (await harness.StartAsync(Old, Instance(second)), second),
        };
        await WaveAsync(harness, running);

        for (var i = 0; i < running.Count; i++)
        {
            var (old, folder) = running[i];
            await old.StopAsync();
            await WaveAsync(harness, [.. running.Where(r => r.Folder != folder)]);
            running[i] = (await harness.StartAsync(New, Instance(folder)), folder);
            await WaveAsync(harness, running);
        }

        // Each wave has counted each key once: nothing is lost, nothing counted twice, and nothing has begun again.
        var counts = harness.Probe.ReadAll("out").ToLookup(
            r => Encoding.UTF8.GetString(r.Message.Key), r => (int)BinaryPrimitives.ReadInt64BigEndian(r.Message.Value));
        Assert.Equal(Keys, counts.Count);
        Assert.All(counts, key => Assert.Equal(Enumerable.Range(1, _waves), key));
        Assert.All(running, r => Assert.Empty(r.Application.Status.Problems));
        Assert.DoesNotContain(harness.Log, line => line.Contains(" Error: ", StringComparison.Ordinal));
    }

    /// <summary>One order per key, and a wait until all of them are counted by instances that all have some of the work.</summary>
    private async Task WaveAsync(EngineHarness harness, IReadOnlyList<(StreamsApplication Application, TempFolder Folder)> running)
    {
        await harness.UntilAsync(
            () => running.All(r => r.Application.State == StreamsState.Running && r.Application.Status.Threads.Any(t => t.Tasks.Count > 0)),
            "each instance has tasks and runs");
        _waves++;
        harness.Probe.Produce("orders", [.. Enumerable.Range(0, Keys).Select(k => ($"k{k}", "placed", _waves * 1000L))]);
        await harness.UntilNoLagAsync(_id, "orders");
    }

    private Setup Instance(TempFolder folder) => new()
    {
        Id = _id,
        StateDirectory = folder.Path,
        Configure = options =>
        {
            options.TopologyVersion = "orders";
            options.ClusterCheckInterval = TimeSpan.FromMilliseconds(100);
        },
    };

    private static void Old(StreamsBuilder builder) =>
        builder.Stream<string, string>("orders").GroupByKey().Count(new() { Name = "counts" }).ToStream().To("out");

    private static void New(StreamsBuilder builder)
    {
        var orders = builder.Stream<string, string>("orders").Filter((_, status) => status != "test");
        orders.GroupByKey().Count(new() { Name = "counts" }).ToStream().To("out");
        orders.To("copies");
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedRollingUpdateTests(EmbeddedFixture fixture) : RollingUpdateTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheRollingUpdateTests(ApacheFixture fixture) : RollingUpdateTests(fixture);
