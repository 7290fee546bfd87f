using System.Diagnostics;
using System.Globalization;

namespace StreamFlow.Benchmarks.Measuring;

/// <summary>
/// What this process, the broker and the machine have used so far, from Linux' <c>/proc</c> (see proc(5)): seconds of
/// processor time, user and system, of all threads.
/// </summary>
internal readonly record struct ProcessReading(
    long Clock, double User, double System, double Broker, double Machine, long Allocated, int Collections, TimeSpan Paused)
{
    private const double TicksPerSecond = 100; // USER_HZ of Linux' user-space interface, whatever the kernel's HZ

    public double Cpu => User + System;

    public static ProcessReading Take(long brokerPid)
    {
        var (user, system) = CpuOf("self");
        var broker = brokerPid > 0 ? CpuOf(brokerPid.ToString(CultureInfo.InvariantCulture)) : default;
        return new ProcessReading(
            Stopwatch.GetTimestamp(), user, system, broker.User + broker.System, BusyOfMachine(),
            GC.GetTotalAllocatedBytes(), GC.CollectionCount(0), GC.GetTotalPauseDuration());
    }

    public static double OwnCpu()
    {
        var (user, system) = CpuOf("self");
        return user + system;
    }

    /// <summary>Largest resident set so far, in MiB (VmHWM).</summary>
    public static double PeakResidentMb() => StatusMb("VmHWM:");

    /// <summary>Resident set now, in MiB (VmRSS).</summary>
    public static double ResidentMb() => StatusMb("VmRSS:");

    /// <summary>Nanoseconds the calling thread has spent on a processor (/proc/thread-self/schedstat).</summary>
    public static long ThreadCpuNanoseconds() =>
        long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);

    private static double StatusMb(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.AsSpan()[name.Length..].Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
    }

    private static (double User, double System) CpuOf(string pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Seconds(fields[11]), Seconds(fields[12]));
    }

    private static double BusyOfMachine()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new[] { 1, 2, 3, 6, 7 }.Sum(i => Seconds(fields[i]));
    }

    private static double Seconds(string ticks) => long.Parse(ticks, CultureInfo.InvariantCulture) / TicksPerSecond;
}
