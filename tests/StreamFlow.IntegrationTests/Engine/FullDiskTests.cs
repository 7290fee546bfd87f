using System.Buffers.Binary;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.State;
using StreamFlow.TestSupport;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>RocksDB on a file system of a few megabytes that fills up; skipped where none can be mounted.</summary>
[Collection(EmbeddedBrokerGroup.Name)]
public sealed class FullDiskTests(EmbeddedFixture fixture)
{
    private const int Keys = 400;

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task An_application_on_a_full_disk_recovers_by_itself_when_space_comes_back(ProcessingGuarantee guarantee)
    {
        using var disk = SmallDisk.TryMount(8 << 20);
        Skip.If(disk is null, SmallDisk.Unavailable);
        var cluster = await fixture.FreshAsync();
        await using var harness = new EngineHarness(cluster);
        await harness.Probe.CreateTopicsAsync(1, "in", "out");
        var application = await harness.StartAsync(Count, new()
        {
            Id = "full",
            StateDirectory = disk.Folder,
            StoreBackend = new RocksDbBackendFactory(new() { MemtableBytes = 1024 * 1024 }),
            Configure = o => o.ProcessingGuarantee = guarantee,
        });
        await harness.UntilRunningAsync(application);
        var rounds = 0;
        Produce(harness, ++rounds);
        await harness.UntilNoLagAsync("full", "in");

        disk.Fill();
        while (!harness.LogText.Contains("cannot be used now", StringComparison.Ordinal))
        {
            Assert.True(rounds < 60, $"The disk was never full.\n{harness.LogText}");
            Produce(harness, ++rounds);
            await Task.Delay(100);
        }

        await Task.Delay(1000);
        disk.Free();
        Produce(harness, ++rounds);
        await harness.UntilNoLagAsync("full", "in");
        await harness.UntilRunningAsync(application);
        await application.StopAsync();

        Assert.Contains("No space left on device", harness.LogText, StringComparison.Ordinal);
        var counts = harness.Probe.ReadAll("out").GroupBy(r => Convert.ToHexString(r.Message.Key))
            .Select(g => g.Max(r => BinaryPrimitives.ReadInt64BigEndian(r.Message.Value))).ToList();
        Assert.Equal(Enumerable.Repeat((long)rounds, Keys), counts);
    }

    private static void Count(StreamsBuilder builder) =>
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream().To("out");

    /// <summary>Long keys: each round writes about as much as RocksDB keeps in memory.</summary>
    private static void Produce(EngineHarness harness, int round) => harness.Probe.Produce(
        "in", [.. Enumerable.Range(0, Keys).Select(i => ($"{i}-{new string((char)('a' + (i % 26)), 2000)}", "v", (long)round))]);
}
