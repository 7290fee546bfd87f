using System.ComponentModel;
using System.Diagnostics;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using static StreamFlow.RocksDb.Tests.Support.Backends;

namespace StreamFlow.RocksDb.Tests;

/// <summary>On a file system of two megabytes; skipped where none can be mounted.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly bool _mounted;

    public FullDiskTests() => _mounted = Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", _folder.Path);

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", "-l", _folder.Path);
        }

        _folder.Dispose();
    }

    /// <summary>
    /// However little is free: RocksDB with its assertions on, as Debian builds it, ends the process when it cannot write
    /// to its LOG twice.
    /// </summary>
    [SkippableFact]
    public void Open_on_a_full_disk_is_an_error_that_passes()
    {
        Skip.IfNot(_mounted, "A small file system cannot be mounted here.");
        Open(_folder.Path, "store").Dispose();
        var ballast = Path.Combine(_folder.Path, "ballast");
        for (var free = 0L; free <= 128 << 10; free += 4096)
        {
            Fill(ballast, free);

            var error = Assert.Throws<StateStoreException>(() => Open(_folder.Path, "store"));

            Assert.True(error.IsTransient, error.Message);
            Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        }

        File.Delete(ballast);
        Open(_folder.Path, "store").Dispose();
    }

    private static void Fill(string ballast, long free)
    {
        using var file = new FileStream(ballast, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Position = file.Length;
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            file.SetLength(file.Length - free);
        }
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
