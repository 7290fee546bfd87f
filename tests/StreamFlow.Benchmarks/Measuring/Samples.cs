using System.Diagnostics;

namespace StreamFlow.Benchmarks.Measuring;

/// <summary>
/// Throughput of the steady stretch, between 30 % and 95 % of all processing steps: start-up, most of the compiler's work
/// and the final flush are left out.
/// </summary>
internal sealed class Samples
{
    private const double From = 0.30;
    private const double To = 0.95;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(300);
    private readonly List<(long Clock, long Steps, double Cpu)> _samples = [];

    public void Add(long clock, long steps) => _samples.Add((clock, steps, ProcessReading.OwnCpu()));

    /// <summary>Records per second and per second of processor time, or null when the stretch is too short to say.</summary>
    /// <param name="records">Number of input records that all steps together stand for.</param>
    public (double PerSecond, double PerCpuSecond)? Steady(long records)
    {
        var all = _samples[^1].Steps;
        var first = _samples.FindIndex(s => s.Steps >= all * From);
        var last = _samples.FindLastIndex(s => s.Steps <= all * To);
        if (first < 0 || last <= first)
        {
            return null;
        }

        var (a, b) = (_samples[first], _samples[last]);
        var elapsed = Stopwatch.GetElapsedTime(a.Clock, b.Clock);
        var done = (double)(b.Steps - a.Steps) / all * records;
        return elapsed < Shortest || b.Cpu <= a.Cpu ? null : (done / elapsed.TotalSeconds, done / (b.Cpu - a.Cpu));
    }
}
