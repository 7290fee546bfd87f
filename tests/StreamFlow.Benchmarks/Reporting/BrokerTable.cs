using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>The broker beside Apache Kafka, both served by Apache Kafka's own tools: medians, and ours by theirs.</summary>
internal static class BrokerTable
{
    private const string Theirs = "kafka";

    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        JsonObject[] runs = [.. lines.Where(static l => l.Text("part") != "start")];
        if (runs.Length > 0)
        {
            Table.Head(
                3, "part", "case", "broker", "runs", "records/s", "MB/s", "CPU s per million", "p50 ms", "p99 ms", "p99.9 ms", "resident MB", "load");
            PrintCases(runs, PrintRun);
        }

        JsonObject[] starts = [.. lines.Where(static l => l.Text("part") == "start")];
        if (starts.Length > 0)
        {
            Table.Head(3, "part", "case", "broker", "runs", "ms", "resident MB", "load");
            PrintCases(starts, static (name, line) => Table.Row(
                [.. name, line.Count, Table.Of(line, "start_ms"), Table.Of(line, "rss_mb"), Table.Of(line, "load", "F1")]));
        }
    }

    private static void PrintCases(JsonObject[] lines, Action<object[], List<JsonObject>> print)
    {
        foreach (var row in lines.GroupBy(static l => (Part: l.Text("part"), Case: l.Text("case"))))
        {
            var sides = row.GroupBy(static l => l.Text("side")).ToDictionary(static g => g.Key, static g => g.ToList());
            foreach (var (side, runs) in sides)
            {
                print([row.Key.Part, row.Key.Case, Name(side)], runs);
            }

            foreach (var (side, runs) in sides.Where(s => s.Key != Theirs && sides.ContainsKey(Theirs)))
            {
                PrintRatio([row.Key.Part, row.Key.Case, $"**{Name(side)} / {Name(Theirs)}**"], runs, sides[Theirs]);
            }
        }
    }

    private static string Name(string side) => side switch
    {
        "streamflow" => "StreamFlow",
        "native" => "StreamFlow, native",
        _ => "Apache Kafka",
    };

    private static void PrintRun(object[] name, List<JsonObject> runs) => Table.Row(
    [
        .. name, runs.Count, Table.Of(runs, "records_per_s"), Table.Of(runs, "mb_per_s"), Table.Of(runs, "cpu_s_per_million", "F2"),
        Table.Of(runs, "p50_ms"), Table.Of(runs, "p99_ms"), Table.Of(runs, "p999_ms"), Table.Of(runs, "rss_mb"), Table.Of(runs, "load", "F1"),
    ]);

    private static void PrintRatio(object[] name, List<JsonObject> ours, List<JsonObject> theirs)
    {
        string By(string field) => Table.Ratio(Table.Median(ours, field), Table.Median(theirs, field));
        object[] cells = ours[0].ContainsKey("start_ms")
            ? [.. name, "", By("start_ms"), By("rss_mb"), ""]
            : [.. name, "", By("records_per_s"), By("mb_per_s"), By("cpu_s_per_million"), By("p50_ms"), By("p99_ms"), By("p999_ms"), By("rss_mb"), ""];
        Table.Row(cells);
    }
}
