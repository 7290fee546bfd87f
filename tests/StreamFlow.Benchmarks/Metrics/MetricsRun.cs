using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Operators;

namespace StreamFlow.Benchmarks.Metrics;

/// <summary>
/// What it costs a record that an application is measured: with nobody who listens, with somebody who collects at Info, and at
/// Debug, by turns on one thread, so that what else the machine does meets all alike.
/// </summary>
internal static class MetricsRun
{
    private const int TurnsPerRound = 16;
    private static readonly string[] Modes = ["unheard", "info", "debug"];

    private static readonly Dictionary<string, Action<StreamsBuilder>> Cases = new(StringComparer.Ordinal)
    {
        ["pass through"] = builder => builder.Stream<long, long>("in").To("out"),
        ["count"] = builder => builder.Stream<long, long>("in").GroupByKey().Count().ToStream().To("out"),
    };

    public static int Run(Options options)
    {
        var rounds = (int)options.Number("rounds", 40);
        var ok = true;
        foreach (var (name, describe) in Cases)
        {
            foreach (var line in Measure(new OperatorCase(name, describe), rounds))
            {
                Results.Write(line, options);
                ok &= line.Text("ok") == "true";
            }
        }

        return ok ? 0 : 3;
    }

    private static List<JsonObject> Measure(OperatorCase operatorCase, int rounds)
    {
        using var listener = new MeterListener();
        var listened = Listen(listener);
        var runs = Modes.Select(mode => new OperatorRun(operatorCase, mode == "debug" ? MetricsLevel.Debug : MetricsLevel.Info, $"metrics-{mode}")).ToList();
        var times = Modes.Select(_ => new List<double>()).ToList();
        var allocated = new long[Modes.Length];
        for (var round = -2; round < rounds; round++)
        {
            for (var mode = 0; mode < Modes.Length; mode++)
            {
                var (began, before) = (ProcessReading.ThreadCpuNanoseconds(), GC.GetAllocatedBytesForCurrentThread());
                for (var i = 0; i < TurnsPerRound; i++)
                {
                    runs[mode].Turn();
                }

                if (round >= 0)
                {
                    times[mode].Add((ProcessReading.ThreadCpuNanoseconds() - began) / (double)(TurnsPerRound * OperatorRun.RecordsPerTurn));
                    allocated[mode] += GC.GetAllocatedBytesForCurrentThread() - before;
                }
            }

            listener.RecordObservableInstruments();
        }

        runs.ForEach(run => run.Dispose());
        return [.. Modes.Select((mode, i) => Line(operatorCase, mode, Median(times[i]), Median(times[0]), allocated[i], rounds, listened[0] > 0))];
    }

    private static long[] Listen(MeterListener listener)
    {
        var count = new long[1];
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == "StreamFlow" && instrument.Meter.Tags?.Any(tag => tag.Value is "metrics-unheard") == false)
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => count[0]++);
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => count[0]++);
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => count[0]++);
        listener.Start();
        return count;
    }

    private static JsonObject Line(
        OperatorCase operatorCase, string mode, double nanoseconds, double unheard, long allocated, int rounds, bool ok) => new()
        {
            ["kind"] = "metrics",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["case"] = operatorCase.Name,
            ["mode"] = mode,
            ["ns_per_record"] = Results.Round(nanoseconds),
            ["percent_more"] = Results.Round((nanoseconds / unheard * 100) - 100),
            ["alloc_bytes_per_record"] = Results.Round(allocated / (double)(rounds * TurnsPerRound * OperatorRun.RecordsPerTurn)),
            ["ok"] = ok,
        };

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
