using System.Text.Json;
using System.Text.Json.Nodes;

namespace StreamFlow.Benchmarks.Measuring;

/// <summary>Results are lines of JSON, named as in the Kafka Streams peer's, so that one report reads both.</summary>
internal static class Results
{
    public static void Write(JsonObject line, Options options)
    {
        var json = line.ToJsonString();
        Console.WriteLine(json);
        if (options.Has("append"))
        {
            File.AppendAllText(options.Need("append"), json + "\n");
        }
    }

    public static IReadOnlyList<JsonObject> Read(string file) =>
        [.. File.ReadLines(file).Where(l => l.StartsWith('{')).Select(l => JsonNode.Parse(l)!.AsObject())];

    public static double? Number(this JsonObject line, string name) =>
        line.TryGetPropertyValue(name, out var node) && node?.GetValueKind() == JsonValueKind.Number
            ? node.GetValue<double>()
            : null;

    public static string Text(this JsonObject line, string name) => line[name]?.ToString() ?? "";

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN
            : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2]
            : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    public static double Round(double value) => Math.Round(value, 3);
}
