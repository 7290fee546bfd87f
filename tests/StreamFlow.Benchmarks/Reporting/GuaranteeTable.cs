using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Exactly-once beside at-least-once, at the same commit interval and at each one's own, and what a commit costs.</summary>
internal static class GuaranteeTable
{
    /// <summary>Note of the runs that belong to this table.</summary>
    public const string Note = "guarantee";

    private const string ExactlyOnce = "exactly_once_v2";
    private const double ShortIntervalMs = 100;

    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Table.Head(4, "workload", "engine", "broker", "guarantee", "commit every ms", "runs", "records/s", "records/CPU-s",
            "steady records/CPU-s", "commits", "commit p50/p99 ms", "drain p50/p99", "offsets p50/p99", "end p50/p99", "check");
        foreach (var side in lines.GroupBy(l => (Workload: l.Text("workload"), Engine: Table.Engine(l), Broker: Table.Broker(l))))
        {
            foreach (var row in side.GroupBy(l => (Guarantee: l.Text("guarantee"), Interval: l.Number("commit_ms"))))
            {
                var runs = row.ToList();
                Table.Row(side.Key.Workload, side.Key.Engine, side.Key.Broker, row.Key.Guarantee, Table.Of(runs, "commit_ms"), runs.Count,
                    Table.Of(runs, "records_per_s"), Table.Of(runs, "records_per_cpu_s"), Table.Of(runs, "steady_records_per_cpu_s"),
                    Table.Of(runs, "commits"), Times(runs, "commit"), Times(runs, "drain"), Times(runs, "offsets"), Times(runs, "end"),
                    Table.Ok(runs));
            }

            Ratio(side.Key, "same interval", [.. side], l => l.Number("commit_ms") == ShortIntervalMs);
            Ratio(side.Key, "own intervals", [.. side], l => l.Number("commit_ms") > ShortIntervalMs);
        }
    }

    /// <summary>The client calls of one commit under a light load.</summary>
    public static void PrintCosts(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Table.Head(2, "one commit, light load", "broker", "commits", "commit p50/p99 ms", "drain p50/p99", "offsets p50/p99", "end p50/p99");
        foreach (var row in lines.GroupBy(l => (Guarantee: l.Text("guarantee"), Broker: Table.Broker(l))))
        {
            var runs = row.ToList();
            Table.Row(row.Key.Guarantee, row.Key.Broker, Table.Of(runs, "commits"), Times(runs, "commit"), Times(runs, "drain"),
                Times(runs, "offsets"), Times(runs, "end"));
        }
    }

    private static void Ratio(
        (string Workload, string Engine, string Broker) side, string which, List<JsonObject> lines, Func<JsonObject, bool> isBase)
    {
        var exactly = lines.Where(l => l.Text("guarantee") == ExactlyOnce).ToList();
        var least = lines.Where(l => l.Text("guarantee") != ExactlyOnce && isBase(l)).ToList();
        if (exactly.Count == 0 || least.Count == 0)
        {
            return;
        }

        string By(string name) => $"**{Table.Ratio(Table.Median(exactly, name), Table.Median(least, name))}**";
        Table.Row(side.Workload, side.Engine, side.Broker, $"**exactly-once / at-least-once, {which}**", "", "", By("records_per_s"),
            By("records_per_cpu_s"), By("steady_records_per_cpu_s"), "", "", "", "", "", "");
    }

    private static string Times(List<JsonObject> runs, string name) =>
        $"{Table.Of(runs, name + "_p50_ms", "F1")} / {Table.Of(runs, name + "_p99_ms", "F1")}";
}
