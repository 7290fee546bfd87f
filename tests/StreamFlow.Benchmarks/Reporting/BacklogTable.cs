using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Late records of a backlog, by the limit of the skew.</summary>
internal static class BacklogTable
{
    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Table.Head(3, "backlog", "engine", "MaxEventTimeSkew", "runs", "late %", "most late %", "records/s", "check");
        foreach (var row in lines.GroupBy(l => (Case: l.Text("case"), Engine: l.Text("engine"), Skew: l.Number("skew_ms").GetValueOrDefault())))
        {
            Table.Row(
                row.Key.Case,
                row.Key.Engine,
                row.Key.Skew < 0 ? "none" : $"{row.Key.Skew / 1000} s",
                row.Count(),
                Table.Of(row, "late_percent", "F2"),
                row.Max(l => l.Number("late_percent").GetValueOrDefault()).ToString("F2", Table.Culture),
                Table.Of(row, "records_per_s"),
                Table.Ok(row));
        }
    }
}
