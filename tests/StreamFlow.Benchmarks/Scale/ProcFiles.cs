using System.Globalization;

namespace StreamFlow.Benchmarks.Scale;

/// <summary>What Linux says of another process (proc(5)).</summary>
internal static class ProcFiles
{
    /// <summary>Resident set, in MiB.</summary>
    public static double ResidentMb(long pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").First(static l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.AsSpan()["VmRSS:".Length..].Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>Open files and sockets.</summary>
    public static int Handles(long pid) => Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count();
}
