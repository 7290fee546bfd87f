using System.ComponentModel;
using System.Diagnostics;

namespace StreamFlow.TestSupport;

/// <summary>A small file system of its own, in memory, that can be filled up.</summary>
internal sealed class SmallDisk : IDisposable
{
    /// <summary>Why there may be none.</summary>
    public const string Unavailable = "a small file system cannot be mounted here: it takes root's rights on Linux";

    private readonly long _bytes;

    private SmallDisk(string folder, long bytes) => (Folder, _bytes) = (folder, bytes);

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Mounts one; null where this user may not.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="folder">Where; a temporary folder by default. It goes with the disk.</param>
    public static SmallDisk? TryMount(long bytes, string? folder = null)
    {
        folder = folder is null
            ? Directory.CreateTempSubdirectory("streamflow-disk-").FullName
            : Directory.CreateDirectory(folder).FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "streamflow-test", folder))
        {
            return new SmallDisk(folder, bytes);
        }

        Directory.Delete(folder);
        return null;
    }

    /// <summary>Leaves nothing free, or no more than so many bytes.</summary>
    /// <exception cref="InvalidOperationException">It was unmounted; the machine's disk will not be filled.</exception>
    public void Fill(long free = 0)
    {
        if (new DriveInfo(Folder).TotalSize > _bytes)
        {
            throw new InvalidOperationException(
                $"{Folder} is not a file system of its own any more; the machine's will not be filled.");
        }

        using var ballast = new FileStream(Ballast, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
        ballast.Position = ballast.Length;
        for (var size = 1 << 20; size > 0;)
        {
            try
            {
                ballast.Write(new byte[size]);
            }
            catch (IOException)
            {
                size /= 2;
            }
        }

        ballast.SetLength(Math.Max(0, ballast.Length - free));
    }

    /// <summary>All is as before <see cref="Fill"/>.</summary>
    public void Free() => File.Delete(Ballast);

    /// <summary>Unmounts it, also while files there are open.</summary>
    public void Dispose()
    {
        Run("umount", "-l", Folder);
        Directory.Delete(Folder, recursive: true);
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
