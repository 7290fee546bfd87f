using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Crashes and starts anew, by crash point; the Kafka Streams peer has one point only, somewhere.</summary>
internal static class CrashTable
{
    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Table.Head(4, "engine", "broker", "guarantee", "ended", "runs", "state MB", "records in state", "records replayed", "MB replayed",
            "restore s", "start to running s", "kill to first result s", "CPU s", "peak RSS MB", "check");
        foreach (var row in lines.GroupBy(l => (Engine: Table.Engine(l), Broker: Table.Broker(l), Guarantee: l.Text("guarantee"), Point: PointOf(l))))
        {
            var runs = row.ToList();
            var isOurs = row.Key.Engine == "StreamFlow";
            Table.Row(row.Key.Engine, row.Key.Broker, row.Key.Guarantee, row.Key.Point, runs.Count, Table.Of(runs, "state_mb"),
                Table.Of(runs, "state_records"), Table.Of(runs, isOurs ? "replayed_records" : "restored_records"),
                isOurs ? (Table.Median(runs, "replayed_bytes") / 1e6).ToString("F2", Table.Culture) : "-",
                Table.Of(runs, "restore_s", "F2"), Table.Of(runs, "spawn_to_running_s", "F2"),
                Table.Of(runs, "kill_to_first_result_s", "F2"), Table.Of(runs, "cpu_s", "F1"), Table.Of(runs, "peak_rss_mb"),
                isOurs ? $"{Table.Ok(runs)}, {runs[0].Text("results")} results" : "");
        }
    }

    private static string PointOf(JsonObject line) =>
        line.Text("point") is { Length: > 0 } point ? point
        : line.Text("static_member") == "true" ? "somewhere (static member)" : "somewhere (dynamic member)";
}
