using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Latency;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Latency through each application, and above that of the clients and the broker without one.</summary>
internal static class LatencyTable
{
    private static readonly string[] Quantiles = ["p50_ms", "p99_ms", "p999_ms"];

    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Table.Head(5, "workload", "engine", "broker", "guarantee", "linger ms", "runs", "results", "p50 ms", "p99 ms", "p999 ms",
            "p50 above clients", "p99 above clients", "p999 above clients", "peak RSS MB", "check");
        foreach (var row in lines.GroupBy(l => (
            Workload: l.Text("workload"), Engine: Table.Engine(l), Broker: Table.Broker(l), Guarantee: l.Text("guarantee"),
            Linger: l.Text("linger_ms"))))
        {
            var clients = lines.Where(l => l.Text("workload") == LatencyRun.None && Table.Broker(l) == row.Key.Broker
                && Table.Engine(l) == row.Key.Engine).ToList();
            Table.Row(
            [
                row.Key.Workload, row.Key.Workload == LatencyRun.None ? "clients alone" : row.Key.Engine, row.Key.Broker,
                row.Key.Guarantee, row.Key.Linger, row.Count(), Table.Of(row, "results"),
                .. Quantiles.Select(q => Table.Of(row, q, "F2")),
                .. Quantiles.Select(q => row.Key.Workload == LatencyRun.None ? "" : Above(row, clients, q)),
                Table.Of(row, "peak_rss_mb"), Table.Ok(row),
            ]);
        }
    }

    private static string Above(IEnumerable<JsonObject> runs, IEnumerable<JsonObject> clients, string name) =>
        Table.Median(runs, name) - Table.Median(clients, name) is var above && double.IsNaN(above)
            ? "-"
            : above.ToString("F2", Table.Culture);
}
