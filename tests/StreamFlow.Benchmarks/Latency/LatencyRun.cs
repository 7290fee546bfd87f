using System.Globalization;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Peer;

namespace StreamFlow.Benchmarks.Latency;

/// <summary>
/// The time from when a record was due to be sent to the arrival of its result, at a steady light load, through an application
/// in a process of its own. Sender and receiver are bare clients in this one; the workload <c>none</c> is these and the
/// broker without an application.
/// </summary>
internal static class LatencyRun
{
    public const string None = "none";

    private const int Partitions = 4;
    private static readonly (string Name, double Share)[] Quantiles =
        [("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99), ("p999_ms", 0.999), ("max_ms", 1)];

    public static async Task<int> MainAsync(Options options)
    {
        var workload = options.Need("workload");
        var name = $"sf-latency-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x}";
        var (input, output) = (name + "-in", workload == None ? name + "-in" : name + "-out");
        var load = new LatencyLoad(
            options.Number("rate", 1000),
            TimeSpan.FromSeconds(options.Number("warmup", 20)),
            TimeSpan.FromSeconds(options.Number("seconds", 30)),
            workload == "ordercount");
        using var topics = new KafkaTopics(options.Need("bootstrap"), name);
        await topics.CreateAsync(name + "-in", Partitions);
        await topics.CreateAsync(name + "-out", Partitions);
        using var application = workload == None ? null : await LatencyApplication.StartAsync(options, name);
        var probe = new LatencyProbe(options.Need("bootstrap"), input, output, Partitions);
        var milliseconds = probe.Measure(load);
        var line = Describe(options, load, milliseconds);
        if (application is not null)
        {
            line["peak_rss_mb"] = Results.Round(application.PeakResidentMb());
            await application.StopAsync();
        }

        await topics.DeleteAsync(topics.Named(name));
        Results.Write(line, options);
        return milliseconds.Length == load.Measured ? 0 : 3;
    }

    private static JsonObject Describe(Options options, LatencyLoad load, double[] milliseconds)
    {
        var workload = options.Need("workload");
        var line = new JsonObject
        {
            ["kind"] = "latency",
            ["engine"] = "streamflow",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["broker"] = options.Get("broker", "Apache Kafka"),
            ["workload"] = workload,
            ["guarantee"] = workload == None ? "-" : options.Get("guarantee", "at_least_once"),
            ["commit_ms"] = workload == None ? 0 : options.Number("commit", LatencyApplication.DefaultCommitMs),
            ["linger_ms"] = workload == None ? "-" : options.Pairs("producer").GetValueOrDefault("linger.ms", "default (5)"),
            ["rate"] = load.Rate,
            ["seconds"] = load.Time.TotalSeconds,
            ["warmup_s"] = load.WarmUp.TotalSeconds,
            ["expected"] = load.Measured,
            ["results"] = milliseconds.Length,
            ["ok"] = milliseconds.Length == load.Measured,
        };
        foreach (var (name, share) in Quantiles)
        {
            var rank = Math.Max(0, (int)Math.Ceiling(share * milliseconds.Length) - 1);
            line[name] = milliseconds.Length == 0 ? null : Results.Round(milliseconds[rank]);
        }

        return line;
    }
}

/// <summary>What is sent: so many records a second, of which those after the warm-up count.</summary>
internal sealed record LatencyLoad(long Rate, TimeSpan WarmUp, TimeSpan Time, bool Orders)
{
    public long Measured => (long)(Rate * Time.TotalSeconds);

    public long Unmeasured => (long)(Rate * WarmUp.TotalSeconds);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rate} records/s for {WarmUp + Time}");
}
