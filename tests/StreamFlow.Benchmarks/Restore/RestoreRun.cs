using System.Diagnostics;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Kafka;
using StreamFlow.State;

namespace StreamFlow.Benchmarks.Restore;

/// <summary>
/// Restores a store from its changelog with no local state, measured as the Kafka Streams peer measures itself: from the
/// start of the first partition's restore to the end of the last one's; processor time from the application's start
/// until it runs, compiling included.
/// </summary>
internal sealed class RestoreRun
{
    private const string Store = "store";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly Options _options;
    private readonly string _bootstrap;
    private readonly string _application;
    private readonly int _partitions;
    private readonly Changelog.Shape _shape;
    private readonly bool _inMemory;

    private RestoreRun(Options options)
    {
        _options = options;
        _bootstrap = options.Need("bootstrap");
        var windowed = options.Need("mode") switch
        {
            "kv" => false,
            "window" => true,
            var mode => throw new ArgumentException($"Unknown --mode '{mode}'; there are kv and window."),
        };
        _application = options.Get("app", $"sf-restore-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x}");
        _partitions = (int)options.Number("partitions", 4);
        _shape = new Changelog.Shape(options.Number("records", 1_000_000), (int)options.Number("value-bytes", 100), windowed);
        _inMemory = options.Has("memory");
    }

    private string Input => _application + "-in";

    private string ChangelogTopic => $"{_application}-{Store}-changelog";

    public static Task<int> MainAsync(Options options) => new RestoreRun(options).RunAsync();

    private async Task<int> RunAsync()
    {
        using var topics = new KafkaTopics(_bootstrap, _application);
        await PrepareAsync(topics);
        if (_options.Has("load-only"))
        {
            return 0;
        }

        var state = Path.Combine(_options.Get("state", Path.GetTempPath()), $"{_application}-{Environment.ProcessId}");
        try
        {
            var line = await MeasureAsync(state);
            Results.Write(line, _options);
            return line["ok"]!.GetValue<bool>() ? 0 : 3;
        }
        finally
        {
            if (!_options.Has("keep"))
            {
                await topics.DeleteAsync(topics.Named(_application));
            }

            if (Directory.Exists(state))
            {
                Directory.Delete(state, recursive: true);
            }
        }
    }

    /// <summary>Topics and changelog, unless an earlier run has kept them.</summary>
    private async Task PrepareAsync(KafkaTopics topics)
    {
        if (topics.Named(_application).Contains(ChangelogTopic))
        {
            return;
        }

        await topics.CreateAsync(Input, _partitions);
        await topics.CreateAsync(_application + "-out", _partitions);
        await topics.CreateAsync(ChangelogTopic, _partitions, _shape.IsWindowed ? "compact,delete" : "compact");
        Changelog.Write(
            new KafkaClients(new KafkaClientOptions { BootstrapServers = _bootstrap }),
            ChangelogTopic, _shape, _options.Number("seed", 1));
    }

    private async Task<JsonObject> MeasureAsync(string state)
    {
        var events = new RestoreEvents();
        await using var application = new StreamsApplication(
            Build(),
            new StreamFlowOptions
            {
                ApplicationId = _application,
                StateDirectory = state,
                NumStreamThreads = (int)_options.Number("threads", 1),
            },
            new KafkaClients(new KafkaClientOptions { BootstrapServers = _bootstrap, Consumer = _options.Pairs("consumer") }),
            new StreamsServices { StoreBackend = new RocksDbBackendFactory(), Logging = events });
        var running = new TaskCompletionSource<long>();
        application.StateChanged += (_, now) =>
        {
            if (now == StreamsState.Running)
            {
                running.TrySetResult(Stopwatch.GetTimestamp());
            }
        };
        var (started, startCpu) = (Stopwatch.GetTimestamp(), ProcessReading.OwnCpu());
        await application.StartAsync();
        await (await Task.WhenAny(running.Task, application.Completion)).WaitAsync(Patience);
        var cpu = ProcessReading.OwnCpu() - startCpu;
        var line = Describe(events, cpu);
        line["start_to_running_s"] = Results.Round(Stopwatch.GetElapsedTime(started, await running.Task).TotalSeconds);
        await application.StopAsync();
        return line;
    }

    private JsonObject Describe(RestoreEvents events, double cpu) => new()
    {
        ["kind"] = "restore",
        ["engine"] = "streamflow",
        ["date"] = DateTimeOffset.UtcNow.ToString("O"),
        ["broker"] = _options.Get("broker", "Apache Kafka"),
        ["store"] = (_inMemory ? "in-memory " : "RocksDB ") + (_shape.IsWindowed ? "window" : "key-value"),
        ["threads"] = _options.Number("threads", 1),
        ["partitions"] = _partitions,
        ["note"] = _options.Get("note", ""),
        ["records"] = events.Records,
        ["value_bytes"] = _shape.ValueBytes,
        ["payload_bytes"] = _shape.Bytes,
        ["ok"] = events.Records == _shape.Records,
        ["restore_s"] = Results.Round(events.Seconds),
        ["records_per_s"] = Results.Round(events.Records / events.Seconds),
        ["mb_per_s"] = Results.Round(_shape.Bytes / events.Seconds / 1e6),
        ["restore_cpu_s"] = Results.Round(events.LastCpu - events.FirstCpu),
        ["cpu_s"] = Results.Round(cpu),
        ["records_per_cpu_s"] = Results.Round(events.Records / cpu),
        ["peak_rss_mb"] = Results.Round(ProcessReading.PeakResidentMb()),
        ["gc_count"] = GC.CollectionCount(0),
    };

    private Topology Build()
    {
        var builder = new StreamsBuilder();
        var materialized = new Materialized<string, byte[]>
        {
            Name = Store,
            CachingEnabled = false,
            StoreType = _inMemory ? StoreType.InMemory : StoreType.Persistent,
            Retention = _shape.IsWindowed ? TimeSpan.FromDays(1) : null,
        };
        var grouped = builder.Stream<string, byte[]>(Input).GroupByKey();
        if (_shape.IsWindowed)
        {
            grouped.WindowedBy(TumblingWindows.Of(TimeSpan.FromMilliseconds(Changelog.WindowMs), TimeSpan.FromMinutes(1)))
                .Aggregate(() => Array.Empty<byte>(), (_, value, _) => value, materialized)
                .ToStream().SelectKey((window, _) => window.Key).To(_application + "-out");
        }
        else
        {
            grouped.Aggregate(() => Array.Empty<byte>(), (_, value, _) => value, materialized)
                .ToStream().To(_application + "-out");
        }

        return builder.Build();
    }
}
