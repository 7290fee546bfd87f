using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Operators;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Operators of a family beside the bare hop from a source to a sink.</summary>
internal static class OperatorTable
{
    private static readonly (string Column, string Name)[] Columns =
    [
        ("B alloc/record", "alloc_bytes_per_record"), ("results/record", "results_per_record"),
        ("changelog/record", "changes_per_record"), ("repartitioned/record", "repartitioned_per_record"),
    ];

    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        foreach (var family in lines.GroupBy(line => line.Text("family")))
        {
            var hop = family.Where(line => line.Text("operator") == OperatorCases.Hop).ToList();
            Table.Head(1, [family.Key, "runs", "records/s", "of the hop's", "ns/record", "ns over the hop", .. Columns.Select(column => column.Column), "check"]);
            foreach (var runs in family.GroupBy(line => line.Text("operator")).Select(group => group.ToList()))
            {
                var over = Table.Median(runs, "ns_per_record") - Table.Median(hop, "ns_per_record");
                Table.Row([
                    runs[0].Text("operator"), runs.Count, Table.Of(runs, "records_per_s"),
                    Table.Ratio(Table.Median(runs, "records_per_s"), Table.Median(hop, "records_per_s")), Table.Of(runs, "ns_per_record"),
                    FormattableString.Invariant($"{over:N0}"), .. Columns.Select(column => Table.Of(runs, column.Name, "0.##")),
                    Table.Ok(runs),
                ]);
            }
        }
    }
}
