using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Kafka;
using StreamFlow.State;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>
/// Drains a loaded topic through one workload, measured as the Kafka Streams peer measures itself: the clock runs from
/// the first record taken up until the group's committed offsets have reached the end of every input and repartition
/// topic; what was written is read back and checked after it has stopped.
/// </summary>
internal sealed class PeerRun
{
    private const string AtLeastOnce = "at_least_once";
    private const string ExactlyOnce = "exactly_once_v2";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Options _options;
    private readonly string _name;
    private readonly Workload _workload;
    private readonly IReadOnlyList<string> _inputs;
    private readonly string _application;
    private readonly string _output;
    private readonly string _state;
    private readonly long _brokerPid;
    private readonly StreamFlowOptions _settings;
    private readonly RocksDbOptions _rocksDb = new();
    private readonly KafkaTopics _topics;
    private readonly Steps _inputSteps = new();
    private readonly Steps _repartitionSteps = new();
    private readonly Samples _samples = new();
    private readonly TimedClients _clients;

    private PeerRun(Options options, string application, KafkaTopics topics)
    {
        _options = options;
        _name = options.Need("workload");
        _workload = Workloads.Of(_name);
        _inputs = [options.Get("in", _workload.Inputs[0]), .. _workload.Inputs.Skip(1)];
        _application = application;
        _output = _application + "-out";
        _state = Path.Combine(options.Get("state", Path.GetTempPath()), _application);
        _brokerPid = options.Number("broker-pid", 0);
        _topics = topics;
        _settings = new StreamFlowOptions
        {
            ApplicationId = _application,
            StateDirectory = _state,
            NumStreamThreads = (int)options.Number("threads", 1),
        };
        _settings.ProcessingGuarantee = options.Get("guarantee", AtLeastOnce) switch
        {
            AtLeastOnce => ProcessingGuarantee.AtLeastOnce,
            ExactlyOnce => ProcessingGuarantee.ExactlyOnce,
            var other => throw new ArgumentException($"Unknown --guarantee '{other}'; there are {AtLeastOnce} and {ExactlyOnce}."),
        };
        _settings.CommitInterval = TimeSpan.FromMilliseconds(
            options.Number("commit", (long)_settings.CommitInterval.TotalMilliseconds));
        _settings.CacheMaxBytes = options.Number("cache", _settings.CacheMaxBytes);
        _rocksDb.WriteBufferBytes = options.Number("write-buffers", _rocksDb.WriteBufferBytes);
        _rocksDb.MemtableBytes = (int)Math.Min(_rocksDb.MemtableBytes, _rocksDb.WriteBufferBytes);
        _rocksDb.BlockCacheBytes = options.Number("block-cache", _rocksDb.BlockCacheBytes);
        _clients = new TimedClients(new KafkaClients(new KafkaClientOptions
        {
            BootstrapServers = options.Need("bootstrap"),
            Client = options.Pairs("client"),
            Consumer = options.Pairs("consumer"),
            Producer = options.Pairs("producer"),
        }));
    }

    public static async Task<int> MainAsync(Options options)
    {
        var application = $"sf-{options.Need("workload")}-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x}";
        using var topics = new KafkaTopics(options.Need("bootstrap"), application);
        var run = new PeerRun(options, application, topics);
        try
        {
            return await run.RunAsync();
        }
        finally
        {
            if (Directory.Exists(run._state))
            {
                Directory.Delete(run._state, recursive: true);
            }
        }
    }

    private async Task<int> RunAsync()
    {
        var partitions = _topics.Partitions(_inputs[0]).Count;
        var total = _topics.Ends(_inputs).Values.Sum();
        var expected = _workload.Expected(_options.Number("seed", 1), _topics.Ends([_inputs[0]]).Values.Sum());
        await _topics.CreateAsync(_output, partitions);
        using var drops = new DropCounter();
        await using var application = Application();
        var started = Stopwatch.GetTimestamp();
        await application.StartAsync();

        var first = AwaitFirst(application);
        var drained = AwaitDrained(application, total, _workload.Repartitions ? expected : 0);
        var closing = _settings.CommitInterval > TimeSpan.FromSeconds(1) ? application.StopAsync() : null;
        var ends = _topics.Ends([.. _inputs, .. _topics.Named(_application, "-repartition")]);
        // Behind the last record of a repartition topic stands its transaction's marker, which nobody reads as a record.
        var tolerance = _settings.ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce ? 2 : 0;
        Await("a commit of everything", application, () => _topics.IsCommitted(ends, tolerance));
        var last = ProcessReading.Take(_brokerPid);
        await (closing ?? application.StopAsync());

        var line = Report(total, partitions, started, first, drained, last);
        line["repartition_records"] = _repartitionSteps.Total;
        line["dropped"] = drops.Total;
        _clients.Describe(line);
        var ok = Check(line, expected, drops.Total);
        await _topics.DeleteAsync(_topics.Named(_application));
        Results.Write(line, _options);
        return ok ? 0 : 3;
    }

    private StreamsApplication Application() =>
        new(
            _workload.Build(new WorkloadTopics(_inputs, _output, _inputSteps, _repartitionSteps)),
            _settings,
            _clients,
            new StreamsServices { StoreBackend = new RocksDbBackendFactory(_rocksDb), Logging = NullLoggerFactory.Instance });

    private ProcessReading AwaitFirst(StreamsApplication application)
    {
        Await("a first record", application, () => _inputSteps.FirstSeen != 0);
        return ProcessReading.Take(_brokerPid);
    }

    private long AwaitDrained(StreamsApplication application, long total, long toRepartition)
    {
        var (seen, moved) = (-1L, Stopwatch.GetTimestamp());
        while (true)
        {
            ThrowIfFailed(application);
            var (consumed, repartitioned) = (_inputSteps.Total, _repartitionSteps.Total);
            var now = Stopwatch.GetTimestamp();
            _samples.Add(now, consumed + repartitioned);
            if (consumed >= total && repartitioned >= toRepartition)
            {
                return now;
            }

            if (consumed + repartitioned != seen)
            {
                (seen, moved) = (consumed + repartitioned, now);
            }
            else if (Stopwatch.GetElapsedTime(moved) > Patience)
            {
                throw new TimeoutException(
                    $"No progress for {Patience}: {consumed} of {total}, repartition {repartitioned} of {toRepartition}.");
            }

            Thread.Sleep(20);
        }
    }

    private static void Await(string what, StreamsApplication application, Func<bool> condition)
    {
        var since = Stopwatch.GetTimestamp();
        while (!condition())
        {
            ThrowIfFailed(application);
            if (Stopwatch.GetElapsedTime(since) > Patience)
            {
                throw new TimeoutException($"Waited {Patience} for {what}.");
            }

            Thread.Sleep(1);
        }
    }

    private static void ThrowIfFailed(StreamsApplication application)
    {
        if (application.Status.Error is { } error)
        {
            throw new InvalidOperationException("The application failed.", error);
        }
    }

    private JsonObject Report(
        long total, int partitions, long started, ProcessReading first, long drained, ProcessReading last)
    {
        var from = _inputSteps.FirstSeen;
        var wall = Stopwatch.GetElapsedTime(from, last.Clock).TotalSeconds;
        var (cpu, broker) = (last.Cpu - first.Cpu, last.Broker - first.Broker);
        var cache = _options.Has("cache") ? _settings.CacheMaxBytes == 0 ? ", cache off" : $", cache {_settings.CacheMaxBytes}" : "";
        var line = new JsonObject
        {
            ["kind"] = "bench",
            ["engine"] = "streamflow",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["workload"] = _name + cache,
            ["guarantee"] = _options.Get("guarantee", AtLeastOnce),
            ["broker"] = _options.Get("broker", "Apache Kafka"),
            ["commit_ms"] = _settings.CommitInterval.TotalMilliseconds,
            ["threads"] = _settings.NumStreamThreads,
            ["partitions"] = partitions,
            ["note"] = _options.Get("note", ""),
            ["records_in"] = total,
            ["wall_s"] = Results.Round(wall),
            ["drain_s"] = Results.Round(Stopwatch.GetElapsedTime(from, drained).TotalSeconds),
            ["records_per_s"] = Results.Round(total / wall),
            ["cpu_s"] = Results.Round(cpu),
            ["cpu_user_s"] = Results.Round(last.User - first.User),
            ["cpu_sys_s"] = Results.Round(last.System - first.System),
            ["records_per_cpu_s"] = Results.Round(total / cpu),
            ["cpu_process_s"] = Results.Round(ProcessReading.OwnCpu()),
            ["broker_cpu_s"] = Results.Round(broker),
            ["other_cpu_s"] = Results.Round(Math.Max(0, last.Machine - first.Machine - cpu - broker)),
            ["peak_rss_mb"] = Results.Round(ProcessReading.PeakResidentMb()),
            ["heap_mb"] = Results.Round(GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes / (double)(1 << 20)),
            ["gc_ms"] = Results.Round((last.Paused - first.Paused).TotalMilliseconds),
            ["gc_count"] = last.Collections - first.Collections,
            ["alloc_bytes_per_record"] = Results.Round((last.Allocated - first.Allocated) / (double)total),
            ["start_to_first_s"] = Results.Round(Stopwatch.GetElapsedTime(started, from).TotalSeconds),
        };
        if (_samples.Steady(total) is { } steady)
        {
            line["steady_records_per_s"] = Results.Round(steady.PerSecond);
            line["steady_records_per_cpu_s"] = Results.Round(steady.PerCpuSecond);
        }

        return line;
    }

    private bool Check(JsonObject line, long expected, long dropped)
    {
        // Ends, markers of transactions included, and not what is there to read: the application deletes what has expired.
        line["changelog_ends"] = _topics.Ends(_topics.Named(_application, "-changelog")).Values.Sum();
        var check = new OutputCheck(_workload.Output);
        _topics.Read([_output], check.Add);
        check.Describe(line);

        // A drain of several partitions is never perfectly in step: late records are dropped, and then counted.
        var ok = check.Fits(expected, dropped);
        line["expected"] = expected;
        line["ok"] = ok;
        return ok;
    }
}
