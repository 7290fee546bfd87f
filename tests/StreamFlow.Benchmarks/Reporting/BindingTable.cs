using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Bindings;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Bindings of RocksDB side by side: what the first open costs, and nanoseconds of processor time per record.</summary>
internal static class BindingTable
{
    private static readonly (string Column, string Name)[] Columns =
    [
        ("first open ms", "open_ms"), ("its CPU ms", "open_cpu_ms"), ("its resident MB", "open_resident_mb"),
        ("put ns", "put_ns"), ("batch of 1000, ns", "batch_ns"), ("get ns", "get_ns"), ("missing ns", "miss_ns"),
        ("scan ns", "scan_ns_per_entry"), ("B alloc/put", "put_alloc"), ("B alloc/batched put", "batch_alloc"),
        ("B alloc/get", "get_alloc"), ("resident MB at the end", "resident_mb"),
    ];

    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Table.Head(1, ["binding", "runs", .. Columns.Select(column => column.Column)]);
        var bindings = lines.GroupBy(line => line.Text("binding")).ToDictionary(group => group.Key, group => group.ToList());
        foreach (var (binding, runs) in bindings)
        {
            Table.Row([binding, runs.Count, .. Columns.Select(column => Table.Of(runs, column.Name))]);
        }

        if (bindings.TryGetValue(BindingRun.Ours, out var ours) && bindings.TryGetValue(BindingRun.Sharp, out var theirs))
        {
            Table.Row(["**ours / theirs**", "", .. Columns.Select(column =>
                Table.Ratio(Table.Median(ours, column.Name), Table.Median(theirs, column.Name)))]);
        }
    }
}
