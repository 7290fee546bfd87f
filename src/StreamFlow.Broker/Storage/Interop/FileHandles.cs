using System.Runtime.InteropServices;

namespace StreamFlow.Broker.Storage.Interop;

/// <summary>How many files, sockets included, this process may open, and has open.</summary>
internal static partial class FileHandles
{
    private const int LimitOnLinux = 7;
    private const int LimitOnOthers = 8;

    /// <summary>The limit and what is in use; null where there is none, or it cannot be asked.</summary>
    public static (long Limit, long Used)? Now()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var kind = OperatingSystem.IsLinux() ? LimitOnLinux : LimitOnOthers;
        if (GetLimit(kind, out var limit) != 0 || limit.Current > int.MaxValue)
        {
            return null;
        }

        try
        {
            return ((long)limit.Current, Directory.EnumerateFileSystemEntries("/dev/fd").LongCount());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // None can be counted where this folder is not there, or where none is left to look with.
            return null;
        }
    }

    /// <summary>
    /// The connections that may be let in: as many as wanted, as long as three quarters of the handles that are left are enough
    /// for them. The rest is for segments to come, and for what else the process opens.
    /// </summary>
    public static int ConnectionsFor(int wanted, long limit, long used) =>
        (int)Math.Clamp((limit - used) * 3 / 4, 1, wanted);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int resource, out ResourceLimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ResourceLimit
    {
        public readonly ulong Current;
        public readonly ulong Maximum;
    }
}
