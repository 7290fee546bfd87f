using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>The metrics that are looked up when somebody asks for them, of all applications of the process.</summary>
internal static class ProgressGauges
{
    private static readonly ConcurrentDictionary<ProgressWatch, bool> Watches = new();

    static ProgressGauges()
    {
        Instruments.Meter.CreateObservableGauge<double>(
            "streamflow.task.record_seconds", static () => Measure(static watch => watch.Seconds()), "s",
            "How long a task has been at the record that it is at; 0 when it is at none.");
        Instruments.Meter.CreateObservableGauge<long>(
            "streamflow.task.record_offset", static () => Measure(static watch => watch.Offsets()), "{offset}",
            "Offset of the input record that a task finished last.");
    }

    public static void Add(ProgressWatch watch) => Watches.TryAdd(watch, true);

    public static void Remove(ProgressWatch watch) => Watches.TryRemove(watch, out _);

    private static List<Measurement<T>> Measure<T>(Func<ProgressWatch, IEnumerable<Measurement<T>>> measure)
        where T : struct => [.. Watches.Keys.SelectMany(measure)];
}
