using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Broker;

namespace StreamFlow.Benchmarks.Scale;

/// <summary>
/// What it costs to take a lock that nobody else wants: a plain one, and one that knows its place in the order, where that is
/// not checked and, in another process, where it is. By turns, thread time.
/// </summary>
internal static class LocksRun
{
    private const int Rounds = 9;
    private const int Times = 2_000_000;

    public static int Run(Options options)
    {
        if (options.Has("checked"))
        {
            AppContext.SetSwitch(OrderedLock.Switch, true);
            Console.WriteLine(Measure().Ordered.ToString("R", CultureInfo.InvariantCulture));
            return 0;
        }

        (double plain, double ordered) = Measure();
        Results.Write(
            new JsonObject
            {
                ["kind"] = "locks", ["date"] = DateTimeOffset.UtcNow.ToString("O"), ["plain_ns"] = Results.Round(plain),
                ["ordered_ns"] = Results.Round(ordered), ["ordered_checked_ns"] = Results.Round(MeasureChecked()),
            },
            options);
        return 0;
    }

    private static double MeasureChecked()
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["Locks", "--checked"]) { RedirectStandardOutput = true })!;
        double measured = double.Parse(process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        process.WaitForExit();
        return measured;
    }

    private static (double Plain, double Ordered) Measure()
    {
        (List<double> plain, List<double> ordered) = ([], []);
        Lock lockOfSystem = new();
        OrderedLock lockOfBroker = new(LockRank.Log);
        for (int i = 0; i < Rounds; i++)
        {
            plain.Add(Time(lockOfSystem));
            ordered.Add(Time(lockOfBroker));
        }

        return (Results.Median(plain), Results.Median(ordered));
    }

    private static double Time(Lock taken)
    {
        long began = ProcessReading.ThreadCpuNanoseconds();
        for (int i = 0; i < Times; i++)
        {
            lock (taken)
            {
            }
        }

        return (double)(ProcessReading.ThreadCpuNanoseconds() - began) / Times;
    }

    private static double Time(OrderedLock taken)
    {
        long began = ProcessReading.ThreadCpuNanoseconds();
        for (int i = 0; i < Times; i++)
        {
            using (taken.Enter())
            {
            }
        }

        return (double)(ProcessReading.ThreadCpuNanoseconds() - began) / Times;
    }
}
