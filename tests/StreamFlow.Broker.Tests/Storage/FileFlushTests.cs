using Microsoft.Win32.SafeHandles;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Storage.Interop;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>What is flushed as data alone, and what a flush does where there is no disk behind a file.</summary>
public sealed class DataFlushTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Log_is_flushed_as_data_and_what_is_renamed_with_all_that_is_known_of_it()
    {
        var files = new FaultyFileSystem();
        var environment = new LogEnvironment { Time = Clock.StandingStill(), Files = files };
        using (PartitionLog log = PartitionLog.Open(
            _temporary.Sub("log"), new LogOptions { FlushPolicy = FlushPolicy.EveryAppend }, environment))
        {
            int before = files.Flushes;
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(ErrorCode.None, log.Append(Batches.Of("value"), AppendOrigin.Client).Error);
            }

            Assert.Equal(before + 3, files.Flushes);
        }

        Assert.Equal(3, files.DataFlushed.Count);
        Assert.All(files.DataFlushed, static path => Assert.EndsWith(Segment.LogSuffix, path, StringComparison.Ordinal));

        // The stop leaves an index, a snapshot and a checkpoint, each written beside and renamed.
        Assert.True(files.Flushes >= 6, $"{files.Flushes} flushes.");
    }

    [Fact]
    public void Flush_of_a_file_that_is_on_no_disk_is_none_and_one_of_no_file_fails_as_an_fsync_does()
    {
        string path = Path.Combine(_temporary.Sub("file"), "f");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, "data"u8, 0);
            DataFlush.Flush(file, path);
        }

        if (OperatingSystem.IsLinux())
        {
            using SafeFileHandle device = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
            DataFlush.Flush(device, "/dev/null");
            using var none = new SafeFileHandle(1_000_000, ownsHandle: false);
            IOException failure = Assert.Throws<IOException>(() => DataFlush.Flush(none, path));
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        }
    }
}
