using System.Globalization;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Reporting;

namespace StreamFlow.Benchmarks;

/// <summary>Makes tables of a file of results: medians over repetitions, StreamFlow beside the Kafka Streams peer.</summary>
internal static class Report
{
    private static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static int Print(Options options)
    {
        var lines = Results.Read(options.Need("in"));
        Peers([.. lines.Where(l => l.Text("kind") == "bench" && l.Text("note") != GuaranteeTable.Note)]);
        RestoreTable.Print([.. lines.Where(l => l.Text("kind") == "restore")]);
        CrashTable.Print([.. lines.Where(l => l.Text("kind") == "crash")]);
        BindingTable.Print([.. lines.Where(l => l.Text("kind") == "binding")]);
        GuaranteeTable.Print([.. lines.Where(l => l.Text("kind") == "bench" && l.Text("note") == GuaranteeTable.Note)]);
        GuaranteeTable.PrintCosts([.. lines.Where(l => l.Text("kind") == "commit-cost")]);
        BacklogTable.Print([.. lines.Where(l => l.Text("kind") == "backlog")]);
        OperatorTable.Print([.. lines.Where(l => l.Text("kind") == "operator")]);
        BrokerTable.Print([.. lines.Where(l => l.Text("kind") == "broker")]);
        RecordsTable.Print(lines);
        LatencyTable.Print([.. lines.Where(l => l.Text("kind") == "latency")]);
        foreach (var line in lines.Where(l => l.Text("kind") is "bare" or "broker-start" or "scale" or "locks" or "spin" or "metrics" or "page"))
        {
            Console.WriteLine();
            foreach (var (name, value) in line.Where(p => p.Key is not ("kind" or "date")))
            {
                Console.WriteLine($"{line.Text("kind")}  {name} = {value}");
            }
        }

        return lines.Any(l => l.Text("ok") is not ("true" or "")) ? 3 : 0;
    }

    private static void Peers(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Console.WriteLine("| workload | engine | runs | records/s | steady records/s | records/CPU-s | steady records/CPU-s "
            + "| peak RSS MB | B alloc/record | out records | dropped | others | check |");
        Console.WriteLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|");
        foreach (var workload in lines.GroupBy(l => l.Text("workload")))
        {
            var ours = workload.Where(l => l.Text("engine") == "streamflow").ToList();
            var theirs = workload.Where(l => l.Text("engine") != "streamflow").ToList();
            Row(workload.Key, "StreamFlow", ours);
            Row(workload.Key, "Kafka Streams", theirs);
            if (ours.Count > 0 && theirs.Count > 0)
            {
                Ratio(workload.Key, ours, theirs);
            }
        }
    }

    private static void Row(string workload, string engine, List<JsonObject> runs)
    {
        if (runs.Count == 0)
        {
            return;
        }

        var others = Results.Median(runs.Select(r =>
            r.Number("other_cpu_s").GetValueOrDefault() / r.Number("wall_s").GetValueOrDefault(1) / Environment.ProcessorCount));
        var ok = runs.TrueForAll(r => r.Text("ok") == "true");
        Console.WriteLine(string.Create(Culture,
            $"| {workload} | {engine} | {runs.Count} | {Of(runs, "records_per_s")} | {Of(runs, "steady_records_per_s")} "
            + $"| {Of(runs, "records_per_cpu_s")} | {Of(runs, "steady_records_per_cpu_s")} | {Of(runs, "peak_rss_mb")} "
            + $"| {Of(runs, "alloc_bytes_per_record")} | {Of(runs, "out_records")} | {Of(runs, "dropped")} | {others:P0} "
            + $"| {(ok ? "ok" : "WRONG")} {Proof(runs)} |"));
    }

    private static void Ratio(string workload, List<JsonObject> ours, List<JsonObject> theirs)
    {
        string By(string name) => string.Create(Culture, $"{Median(ours, name) / Median(theirs, name):F2}");
        var same = Proof(ours) == Proof(theirs) ? "same output" : "outputs differ, see 'dropped'";
        Console.WriteLine(
            $"| {workload} | **StreamFlow / Kafka Streams** | | **{By("records_per_s")}** | **{By("steady_records_per_s")}** "
            + $"| **{By("records_per_cpu_s")}** | **{By("steady_records_per_cpu_s")}** | **{By("peak_rss_mb")}** "
            + $"| {By("alloc_bytes_per_record")} | | | | {same} |");
    }

    private static double Median(List<JsonObject> runs, string name) =>
        Results.Median(runs.Select(r => r.Number(name)).OfType<double>());

    private static string Of(List<JsonObject> runs, string name) =>
        Median(runs, name) is var median && double.IsNaN(median) ? "too short" : median.ToString("N0", Culture);

    /// <summary>What tells one output from another: the hash of the bytes, or counts and sums; all runs' when they differ.</summary>
    private static string Proof(List<JsonObject> runs) => string.Join(" / ", runs.Select(Proof).Distinct(StringComparer.Ordinal));

    private static string Proof(JsonObject run)
    {
        if (run.ContainsKey("out_hash"))
        {
            return run.Text("out_hash");
        }

        if (run.ContainsKey("out_cents"))
        {
            return $"{run.Text("out_records")} pairs, {run.Text("out_cents")} cents";
        }

        return run.Number("final_cents") > 0
            ? $"{run.Text("final_count")} orders, {run.Text("final_cents")} cents"
            : $"{run.Text("final_count")} orders in {run.Text("final_keys")} sessions";
    }
}
