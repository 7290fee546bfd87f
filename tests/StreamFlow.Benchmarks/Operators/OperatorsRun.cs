using System.Text.Json.Nodes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Operators;

/// <summary>Records/s and bytes allocated per record of each operator, on the engine's tasks without a broker.</summary>
internal static class OperatorsRun
{
    private const int CountedTurns = 8;
    private static readonly TimeInterval Iteration = TimeInterval.FromMilliseconds(250);

    private static readonly Dictionary<string, Type> Benchmarks = new(StringComparer.Ordinal)
    {
        ["stateless"] = typeof(StatelessBenchmarks),
        ["aggregation"] = typeof(AggregationBenchmarks),
        ["join"] = typeof(JoinBenchmarks),
    };

    public static int Run(Options options)
    {
        var artifacts = Directory.CreateTempSubdirectory("streamflow-operators-");
        try
        {
            var ok = true;
            foreach (var family in options.Get("families", string.Join(',', Benchmarks.Keys)).Split(','))
            {
                ok &= Measure(family, artifacts.FullName, options);
            }

            return ok ? 0 : 3;
        }
        finally
        {
            artifacts.Delete(recursive: true);
        }
    }

    private static bool Measure(string family, string artifacts, Options options)
    {
        if (!Benchmarks.TryGetValue(family, out var benchmarks))
        {
            throw new ArgumentException($"Unknown family '{family}'; there are {string.Join(", ", Benchmarks.Keys)}.");
        }

        var summary = options.Has("quick") ? null : BenchmarkRunner.Run(benchmarks, Configure(artifacts, options));
        var ok = true;
        foreach (var operatorCase in OperatorCases.Families[family])
        {
            var line = Describe(family, operatorCase);
            if (summary is not null && !Take(summary, operatorCase, line))
            {
                Console.Error.WriteLine($"{family}, {operatorCase.Name}: not measured; --verbose tells why");
                ok = false;
                continue;
            }

            Results.Write(line, options);
            ok &= line.Text("ok") == "true";
        }

        return ok;
    }

    // In this process: it has the settings that all parts run with, and nothing is compiled for each operator.
    private static ManualConfig Configure(string artifacts, Options options) => ManualConfig.CreateEmpty()
        .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance).WithIterationTime(Iteration).WithClock(new ThreadClock()))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddLogger(options.Has("verbose") ? ConsoleLogger.Default : NullLogger.Instance)
        .WithArtifactsPath(artifacts)
        .WithOptions(ConfigOptions.DisableOptimizationsValidator);

    private static bool Take(Summary summary, OperatorCase operatorCase, JsonObject line)
    {
        var report = summary.Reports.FirstOrDefault(
            r => (string)r.BenchmarkCase.Parameters[nameof(OperatorBenchmarks.Operator)] == operatorCase.Name);
        if (report?.ResultStatistics is not { } statistics)
        {
            return false;
        }

        line["ns_per_record"] = Results.Round(statistics.Mean);
        line["ns_error"] = Results.Round(statistics.StandardError);
        line["records_per_s"] = Results.Round(1e9 / statistics.Mean);
        line["alloc_bytes_per_record"] = Results.Round(
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase).GetValueOrDefault());
        return true;
    }

    /// <summary>What comes out of a record: an operator that gives nothing, or leaves records out, measures nothing. Time and
    /// allocations as one short run shows them.</summary>
    private static JsonObject Describe(string family, OperatorCase operatorCase)
    {
        using var run = new OperatorRun(operatorCase);
        for (var i = 0; i < CountedTurns; i++)
        {
            run.Turn();
        }

        var before = run.Produced;
        var (began, allocated) = (ProcessReading.ThreadCpuNanoseconds(), GC.GetAllocatedBytesForCurrentThread());
        for (var i = 0; i < CountedTurns; i++)
        {
            run.Turn();
        }

        const double Records = CountedTurns * OperatorRun.RecordsPerTurn;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var nanoseconds = (ProcessReading.ThreadCpuNanoseconds() - began) / Records;
        var (results, changes, repartitioned) = run.Produced;
        return new JsonObject
        {
            ["kind"] = "operator",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["family"] = family,
            ["operator"] = operatorCase.Name,
            ["ns_per_record"] = Results.Round(nanoseconds),
            ["records_per_s"] = Results.Round(1e9 / nanoseconds),
            ["alloc_bytes_per_record"] = Results.Round(allocated / Records),
            ["results_per_record"] = Results.Round((results - before.Results) / Records),
            ["changes_per_record"] = Results.Round((changes - before.Changes) / Records),
            ["repartitioned_per_record"] = Results.Round((repartitioned - before.Repartitioned) / Records),
            ["dropped"] = run.Dropped,
            ["ok"] = results > before.Results && run.Dropped == 0,
        };
    }
}
