using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Records;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>Codecs beside the framework's gzip, messages beside a copy of their bytes, and compaction.</summary>
internal static class RecordsTable
{
    public static void Print(IReadOnlyList<JsonObject> lines)
    {
        Codecs([.. lines.Where(static l => l.Text("kind") == "codec")]);
        Messages([.. lines.Where(static l => l.Text("kind") == "message")]);
        Compaction([.. lines.Where(static l => l.Text("kind") == "compaction")]);
    }

    private static void Codecs(JsonObject[] lines)
    {
        if (lines.Length > 0)
        {
            Table.Head(2, "records", "codec", "ratio", "compress MB/CPU-s", "of GZipStream's", "open MB/CPU-s", "of GZipStream's", "check");
        }

        foreach (var input in lines.GroupBy(static l => l.Text("input")))
        {
            List<JsonObject> baseline = [.. input.Where(static l => l.Text("codec") == CodecRun.Baseline)];
            foreach (List<JsonObject> runs in input.GroupBy(static l => l.Text("codec")).Select(static g => g.ToList()))
            {
                Table.Row(
                    input.Key, runs[0].Text("codec"), Table.Of(runs, "ratio", "F2"), Table.Of(runs, "compress_mb_per_s"),
                    Of(runs, baseline, "compress_mb_per_s"), Table.Of(runs, "open_mb_per_s"), Of(runs, baseline, "open_mb_per_s"), Table.Ok(runs));
            }
        }
    }

    private static string Of(List<JsonObject> runs, List<JsonObject> baseline, string name) =>
        Table.Ratio(Table.Median(runs, name), Table.Median(baseline, name));

    private static void Messages(JsonObject[] lines)
    {
        if (lines.Length > 0)
        {
            Table.Head(
                1, "message", "bytes", "copy ns", "encode ns", "of a copy", "B alloc", "decode ns", "of a copy", "B alloc", "check");
        }

        foreach (List<JsonObject> runs in lines.GroupBy(static l => l.Text("message")).Select(static g => g.ToList()))
        {
            double copy = Table.Median(runs, "copy_ns");
            Table.Row(
                runs[0].Text("message"), Table.Of(runs, "bytes"), Table.Of(runs, "copy_ns"),
                Table.Of(runs, "encode_ns"), Table.Ratio(Table.Median(runs, "encode_ns"), copy), Table.Of(runs, "encode_alloc"),
                Table.Of(runs, "decode_ns"), Table.Ratio(Table.Median(runs, "decode_ns"), copy), Table.Of(runs, "decode_alloc"), Table.Ok(runs));
        }
    }

    private static void Compaction(JsonObject[] lines)
    {
        if (lines.Length == 0)
        {
            return;
        }

        Table.Head(
            0, "records", "keys", "rounds", "s", "CPU s", "CPU ns/record", "resident MB before", "at most", "MB before", "after",
            "B/record before", "after", "records after", "check");
        foreach (JsonObject line in lines)
        {
            JsonObject[] run = [line];
            Table.Row(
                Table.Of(run, "records"), Table.Of(run, "keys"), Table.Of(run, "rounds"), Table.Of(run, "wall_s", "F1"),
                Table.Of(run, "cpu_s", "F1"), Table.Of(run, "cpu_ns_per_record"), Table.Of(run, "rss_mb_before"), Table.Of(run, "peak_rss_mb"),
                Mb(line, "bytes_before"), Mb(line, "bytes_after"), Table.Of(run, "bytes_per_record_before", "F1"),
                Table.Of(run, "bytes_per_record_after", "F1"), Table.Of(run, "records_after"), Table.Ok(run));
        }
    }

    private static string Mb(JsonObject line, string name) =>
        (line.Number(name).GetValueOrDefault() / 1e6).ToString("N0", Table.Culture);
}
