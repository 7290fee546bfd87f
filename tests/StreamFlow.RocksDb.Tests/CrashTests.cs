using System.Globalization;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using StreamFlow.TestSupport;

namespace StreamFlow.RocksDb.Tests;

/// <summary>After a crash every store is exactly a state it once had, with the changelog offset it had then.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 260)]
    [InlineData(3, 700)]
    public void Write_killed_midway_leaves_each_store_at_the_offset_it_reports(int seed, int commits)
    {
        using var folder = new TempFolder();
        var acknowledged = 0;
        using (var child = ChildProcess.Start("write", folder.Path, seed.ToString(CultureInfo.InvariantCulture)))
        {
            while (acknowledged < commits)
            {
                acknowledged = int.Parse(child.ReadLine(), CultureInfo.InvariantCulture);
            }

            child.Kill();
        }

        var kept = CrashWorkload.Verify(folder.Path, seed);

        if (commits > 150)
        {
            Assert.All(kept, store => Assert.InRange(store, 147, int.MaxValue));
        }
    }

    [Fact]
    public void Write_without_flush_is_lost_with_its_offset_when_the_power_fails()
    {
        using var folder = new TempFolder();
        using var backend = Backends.Open(folder.Path, "a", "b");
        backend.Put(0, "k", "flushed", offset: 10);
        backend.Put(1, "k", "flushed", offset: 20);
        backend.Flush();
        backend.Put(0, "k", "lost", offset: 11);

        using var copy = folder.Copy();
        using var recovered = Backends.Open(copy.Path, "a", "b");

        Assert.Equal("flushed", recovered.Stores[0].Get("k"));
        Assert.True(recovered.TryGetChangelogOffset(0, out var first));
        Assert.True(recovered.TryGetChangelogOffset(1, out var second));
        Assert.Equal((10, 20), (first, second));
    }

    [Fact]
    public void Flush_makes_every_store_survive_a_power_failure()
    {
        using var folder = new TempFolder();
        using var backend = Backends.Open(folder.Path, "a", "b");
        backend.Put(0, "k", "1", offset: 1);
        backend.Put(1, "k", "2", offset: 2);
        backend.Flush();

        using var copy = folder.Copy();
        using var recovered = Backends.Open(copy.Path, "a", "b");

        Assert.Equal("1", recovered.Stores[0].Get("k"));
        Assert.Equal("2", recovered.Stores[1].Get("k"));
    }

    [SkippableFact]
    public void Write_on_a_full_disk_says_so_and_harms_nothing()
    {
        const int seed = 4;
        using var disk = SmallDisk.TryMount(2 << 20);
        Skip.If(disk is null, SmallDisk.Unavailable);
        var filler = Path.Combine(disk.Folder, "filler");
        File.WriteAllBytes(filler, new byte[1 << 20]);
        var commits = 0;
        StateStoreException error;
        using (var backend = Backends.Open(disk.Folder, CrashWorkload.Stores))
        {
            error = Assert.Throws<StateStoreException>(() =>
            {
                for (; commits < 20_000; commits++)
                {
                    CrashWorkload.Commit(backend, seed, commits);
                }
            });
        }

        Assert.Equal(RocksDbErrorKind.DiskFull, Assert.IsType<RocksDbException>(error.InnerException).Kind);
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);

        File.Delete(filler);
        Assert.All(CrashWorkload.Verify(disk.Folder, seed), kept => Assert.InRange(kept, 1, commits + 1));
    }
}
