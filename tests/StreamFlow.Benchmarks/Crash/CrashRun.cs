using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Benchmarks.Restore;
using StreamFlow.Kafka;

namespace StreamFlow.Benchmarks.Crash;

/// <summary>
/// An application with a large state under a light load is ended at each crash point and started again at once on the
/// same state folder: what it reads back, and the time to its first new committed and correct result. The first life
/// restores everything from nothing, for comparison.
/// </summary>
internal sealed class CrashRun
{
    private const int Partitions = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly Options _options;
    private readonly string _bootstrap;
    private readonly string _application;
    private readonly string _state;
    private readonly Changelog.Shape _shape;
    private readonly string[] _points;

    private CrashRun(Options options)
    {
        _options = options;
        _bootstrap = options.Need("bootstrap");
        _application = $"sf-crash-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x}";
        _state = Path.Combine(options.Get("state", Path.GetTempPath()), _application);
        var bytes = options.Number("mb", 1024) << 20;
        _shape = new Changelog.Shape(
            bytes / (UpdateModel.KeyBytes + UpdateModel.ValueBytes), UpdateModel.ValueBytes, IsWindowed: false);
        _points = options.Has("points") ? options.Need("points").Split(',') : [.. CrashPoints.All];
        if (_points.Except(CrashPoints.All).FirstOrDefault() is { } unknown)
        {
            throw new ArgumentException($"Unknown crash point '{unknown}'; there are {string.Join(", ", CrashPoints.All)}.");
        }
    }

    public static async Task<int> MainAsync(Options options)
    {
        var run = new CrashRun(options);
        using var topics = new KafkaTopics(run._bootstrap, run._application);
        try
        {
            return await run.RunAsync(topics);
        }
        finally
        {
            await topics.DeleteAsync(topics.Named(run._application));
            if (Directory.Exists(run._state))
            {
                Directory.Delete(run._state, recursive: true);
            }
        }
    }

    private async Task<int> RunAsync(KafkaTopics topics)
    {
        await topics.CreateAsync(_application + "-in", Partitions);
        await topics.CreateAsync(_application + "-out", Partitions);
        await topics.CreateAsync(_application + "-store-changelog", Partitions, "compact");
        Changelog.Write(
            new KafkaClients(new KafkaClientOptions { BootstrapServers = _bootstrap }),
            _application + "-store-changelog", _shape, head: UpdateModel.WriteHead);
        var lines = new List<JsonObject>();
        using var probe = new Probe(_bootstrap, _application, Partitions, new UpdateModel(_shape.Keys));
        var life = Start(1, _points[0]);
        try
        {
            lines.Add(await DescribeAsync("from nothing", life, probe, life.Spawned));
            for (var i = 0; i < _points.Length; i++)
            {
                var crashed = await life.CrashedAsync(Patience);
                life.Dispose();
                life = Start(i + 2, _points.ElementAtOrDefault(i + 1));
                lines.Add(await DescribeAsync(_points[i], life, probe, crashed));
            }

            await probe.FinishAsync();
            await life.StopAsync();
        }
        finally
        {
            life.Dispose();
        }

        var isRight = probe is { Wrong: 0, Duplicates: 0, Missing: 0 };
        foreach (var line in lines)
        {
            line["results"] = probe.Results;
            line["wrong"] = probe.Wrong;
            line["duplicates"] = probe.Duplicates;
            line["missing"] = probe.Missing;
            line["ok"] = isRight;
            Results.Write(line, _options);
        }

        return isRight ? 0 : 3;
    }

    private Life Start(int number, string? point) =>
        new(number,
        [
            "--app", _application, "--bootstrap", _bootstrap, "--state", _state,
            "--settle", _options.Get("settle", "3"),
            .. point is null ? [] : new[] { "--point", point },
        ]);

    private async Task<JsonObject> DescribeAsync(string point, Life life, Probe probe, long since)
    {
        var running = await life.RunningAsync(Patience);
        var first = await probe.FirstOfAsync(life.Number, Patience);
        double Field(int index) => double.Parse(running[index], CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["kind"] = "crash",
            ["engine"] = "streamflow",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["broker"] = _options.Get("broker", "Apache Kafka"),
            ["guarantee"] = "exactly_once_v2",
            ["point"] = point,
            ["state_mb"] = Results.Round(_shape.Bytes / 1e6),
            ["state_records"] = _shape.Records,
            ["replayed_records"] = Field(2),
            ["replayed_bytes"] = Field(3),
            ["restore_s"] = Results.Round(Field(4) / 1000),
            ["spawn_to_running_s"] =
                Results.Round(Stopwatch.GetElapsedTime(life.Spawned, (long)Field(1)).TotalSeconds),
            ["kill_to_first_result_s"] = Results.Round(Stopwatch.GetElapsedTime(since, first).TotalSeconds),
            ["cpu_s"] = Field(5),
            ["peak_rss_mb"] = Field(6),
        };
    }
}
