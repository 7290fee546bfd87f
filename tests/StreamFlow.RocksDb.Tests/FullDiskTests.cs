using StreamFlow.State;
using StreamFlow.TestSupport;
using static StreamFlow.RocksDb.Tests.Support.Backends;

namespace StreamFlow.RocksDb.Tests;

public sealed class FullDiskTests
{
    /// <summary>However little is free: RocksDB alone opens on a full disk at times, and fails at the first write.</summary>
    [SkippableFact]
    public void Open_on_a_full_disk_is_an_error_that_passes()
    {
        using var disk = SmallDisk.TryMount(2 << 20);
        Skip.If(disk is null, SmallDisk.Unavailable);
        Open(disk.Folder, "store").Dispose();
        for (var free = 0L; free <= 128 << 10; free += 4096)
        {
            disk.Fill(free);

            var error = Assert.Throws<StateStoreException>(() => Open(disk.Folder, "store"));

            Assert.True(error.IsTransient, error.Message);
            Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        }

        disk.Free();
        Open(disk.Folder, "store").Dispose();
    }
}
