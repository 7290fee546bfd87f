using System.Buffers.Binary;
using System.Diagnostics;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.State;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>RocksDB on a file system of a few megabytes that fills up; skipped where none can be mounted.</summary>
[Collection(EmbeddedBrokerGroup.Name)]
public sealed class FullDiskTests(EmbeddedFixture fixture) : IDisposable
{
    private const int Keys = 400;
    private readonly string _disk = Directory.CreateTempSubdirectory("streamflow-disk-").FullName;
    private bool _mounted;

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", "-l", _disk);
        }

        Directory.Delete(_disk, recursive: true);
    }

    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task An_application_on_a_full_disk_recovers_by_itself_when_space_comes_back(ProcessingGuarantee guarantee)
    {
        _mounted = Run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", _disk);
        Skip.IfNot(_mounted, "A small file system cannot be mounted here.");
        var cluster = await fixture.FreshAsync();
        await using var harness = new EngineHarness(cluster);
        await harness.Probe.CreateTopicsAsync(1, "in", "out");
        var application = await harness.StartAsync(Count, new()
        {
            Id = "full",
            StateDirectory = _disk,
            Stores = new RocksDbBackendFactory(new() { MemtableBytes = 1024 * 1024 }),
            Configure = o => o.ProcessingGuarantee = guarantee,
        });
        await harness.UntilRunningAsync(application);
        var rounds = 0;
        Produce(harness, ++rounds);
        await harness.UntilNoLagAsync("full", "in");

        Fill();
        while (!harness.LogText.Contains("cannot be used now", StringComparison.Ordinal))
        {
            Assert.True(rounds < 60, $"The disk was never full.\n{harness.LogText}");
            Produce(harness, ++rounds);
            await Task.Delay(100);
        }

        await Task.Delay(1000);
        File.Delete(Path.Combine(_disk, "filler"));
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

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private void Fill()
    {
        using var file = new FileStream(Path.Combine(_disk, "filler"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full, which is what it is for.
        }
    }
}
