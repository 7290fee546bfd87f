using System.Diagnostics;

namespace StreamFlow.RocksDb.Tests.Support;

/// <summary>A file system in memory that is soon full. Mounting takes root's rights; without them the test is skipped.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly bool _mounted;

    public SmallDisk(int kilobytes)
    {
        _mounted = OperatingSystem.IsLinux()
            && Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", _folder.Path);
        if (!_mounted)
        {
            _folder.Dispose();
            Skip.If(true, "a small file system can be mounted by root on Linux only");
        }
    }

    public string Path => _folder.Path;

    public void Dispose()
    {
        Assert.True(Run("umount", _folder.Path), $"cannot unmount {_folder.Path}");
        _folder.Dispose();
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such command.
            return false;
        }
    }
}
