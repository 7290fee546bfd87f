using System.Globalization;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Reporting;

/// <summary>What the tables share: medians over the runs of a row.</summary>
internal static class Table
{
    public static readonly CultureInfo Culture = CultureInfo.InvariantCulture;

    public static string Engine(JsonObject line) => line.Text("engine") == "streamflow" ? "StreamFlow" : "Kafka Streams";

    public static string Broker(JsonObject line) => line.Text("broker") is { Length: > 0 } broker ? broker : "Apache Kafka";

    public static double Median(IEnumerable<JsonObject> runs, string name) =>
        Results.Median(runs.Select(r => r.Number(name)).OfType<double>());

    public static string Of(IEnumerable<JsonObject> runs, string name, string format = "N0") =>
        Median(runs, name) is var median && double.IsNaN(median) ? "-" : median.ToString(format, Culture);

    public static string Ratio(double ours, double theirs) =>
        double.IsNaN(ours / theirs) ? "-" : (ours / theirs).ToString("F2", Culture);

    public static string Ok(IEnumerable<JsonObject> runs) => runs.All(r => r.Text("ok") is "true" or "") ? "ok" : "WRONG";

    public static void Row(params object[] cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    /// <summary>A heading of columns; those after the first so many are numbers.</summary>
    public static void Head(int words, params string[] columns)
    {
        Console.WriteLine();
        Row([.. columns]);
        Console.WriteLine($"|{string.Concat(columns.Select((_, i) => i < words ? "---|" : "--:|"))}");
    }
}
