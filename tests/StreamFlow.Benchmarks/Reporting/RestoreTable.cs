using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Restores from nothing: StreamFlow beside the Kafka Streams peer, by store.</summary>
internal static class RestoreTable
{
    private const int KeyBytes = 10;
    private const int WindowKeyBytes = 22;

    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Table.Head(3, "store", "broker", "engine", "runs", "records", "records/s", "MB/s", "records/CPU-s", "MB/CPU-s",
            "restore s", "start to running s", "peak RSS MB", "check");
        foreach (var store in lines.GroupBy(l => (Store: l.Text("store"), Broker: Table.Broker(l))))
        {
            var engines = store.GroupBy(Table.Engine).ToDictionary(g => g.Key, g => g.ToList());
            foreach (var (engine, runs) in engines)
            {
                Table.Row(store.Key.Store, store.Key.Broker, engine, runs.Count, Table.Of(runs, "records"),
                    Table.Of(runs, "records_per_s"), Megabytes(runs, "restore_s"), Table.Of(runs, "records_per_cpu_s"),
                    Megabytes(runs, "cpu_s"), Table.Of(runs, "restore_s", "F2"), Table.Of(runs, "start_to_running_s", "F2"),
                    Table.Of(runs, "peak_rss_mb"), Table.Ok(runs));
            }

            if (engines.TryGetValue("StreamFlow", out var ours) && engines.TryGetValue("Kafka Streams", out var theirs))
            {
                string By(string name) => Table.Ratio(Table.Median(ours, name), Table.Median(theirs, name));
                Table.Row(store.Key.Store, store.Key.Broker, "**StreamFlow / Kafka Streams**", "", "",
                    $"**{By("records_per_s")}**", "", $"**{By("records_per_cpu_s")}**", "", "", By("start_to_running_s"),
                    $"**{By("peak_rss_mb")}**", "");
            }
        }
    }

    /// <summary>Keys and values, as both engines have them, per second.</summary>
    private static string Megabytes(List<JsonObject> runs, string seconds)
    {
        var record = Table.Median(runs, "value_bytes")
            + (runs[0].Text("store").EndsWith("window", StringComparison.Ordinal) ? WindowKeyBytes : KeyBytes);
        return (Table.Median(runs, "records") * record / Table.Median(runs, seconds) / 1e6).ToString("F1", Table.Culture);
    }
}
