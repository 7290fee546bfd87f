using System.Diagnostics;

namespace StreamFlow.Verification.Faults;

/// <summary>
/// A small file system of its own for the state of one worker, so that it can be filled up. Needs the right to mount;
/// without it there is none.
/// </summary>
internal sealed class StateDisk
{
    private const long Bytes = 48 << 20;
    private readonly string _folder;
    private readonly string _ballast;

    private StateDisk(string folder) => (_folder, _ballast) = (folder, Path.Combine(folder, "ballast"));

    public static StateDisk? TryMount(string folder)
    {
        Directory.CreateDirectory(folder);
        return Run("mount", "-t", "tmpfs", "-o", $"size={Bytes}", "streamflow-verify", folder) == 0 ? new StateDisk(folder) : null;
    }

    public static void UnmountBelow(string folder)
    {
        foreach (var mounted in File.ReadLines("/proc/mounts").Select(l => l.Split(' ')[1])
            .Where(m => m.StartsWith(folder + "/", StringComparison.Ordinal)).ToList())
        {
            Run("umount", "-l", mounted);
        }
    }

    /// <summary>Leaves no byte free.</summary>
    public void Fill()
    {
        if (new DriveInfo(_folder).TotalSize > Bytes)
        {
            throw new HarnessException($"{_folder} is not a file system of its own any more; the machine's will not be filled.");
        }

        using var ballast = new FileStream(_ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var size = 1 << 20;
        while (size > 0)
        {
            try
            {
                ballast.Write(new byte[size]);
                ballast.Flush();
            }
            catch (IOException)
            {
                size /= 2;
            }
        }
    }

    public void Free() => File.Delete(_ballast);

    private static int Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
