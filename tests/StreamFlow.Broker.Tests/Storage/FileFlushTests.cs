using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Storage.Interop;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>What is flushed as data alone, and what a flush does where there is no disk behind a file.</summary>
public sealed class FileFlushTests : IDisposable
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
            FileFlush.Data(file, path);
        }

        if (OperatingSystem.IsLinux())
        {
            using SafeFileHandle device = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
            FileFlush.Data(device, "/dev/null");
            using var none = new SafeFileHandle(1_000_000, ownsHandle: false);
            IOException failure = Assert.Throws<IOException>(() => FileFlush.Data(none, path));
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>ext4 lets go of what it was to write when an error makes it read-only, and answers EROFS from then on.</summary>
    [SkippableFact]
    public void Flush_on_a_file_system_that_has_given_up_is_a_failure()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root may mount a file system");
        string image = Path.Combine(Directory.CreateDirectory(_temporary.Sub("image")).FullName, "ext4");
        string mount = Directory.CreateDirectory(_temporary.Sub("mount")).FullName;
        using (FileStream made = new(image, FileMode.CreateNew))
        {
            made.SetLength(16 << 20);
        }

        Skip.IfNot(
            Shell($"mkfs.ext4 -q -F '{image}' && mount -o loop,errors=remount-ro '{image}' '{mount}'"), "no ext4 can be mounted here");
        try
        {
            string path = Path.Combine(mount, "f");
            using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
            FileFlush.All(file, path);
            RandomAccess.Write(file, "acknowledged?"u8, 0);
            Skip.IfNot(
                Shell($"echo x > /sys/fs/ext4/$(basename $(findmnt -n -o SOURCE '{mount}'))/trigger_fs_error"), "no error can be made here");

            Assert.Contains("fdatasync", Assert.Throws<IOException>(() => FileFlush.Data(file, path)).Message, StringComparison.Ordinal);
            Assert.Contains("fsync", Assert.Throws<IOException>(() => FileFlush.All(file, path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Shell($"umount '{mount}'");
        }
    }

    private static bool Shell(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
