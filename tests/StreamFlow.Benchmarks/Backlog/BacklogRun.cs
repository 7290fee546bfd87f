using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Benchmarks.Reporting;
using StreamFlow.Broker;
using StreamFlow.Clients;
using StreamFlow.Kafka;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Backlog;

/// <summary>
/// A day's records in four partitions, worked off at once: rekeyed, counted in 10-minute windows with a minute of grace. How
/// many come late because partitions ran apart, without and with a limit of the skew, by turns, on an embedded broker.
/// </summary>
internal sealed class BacklogRun : IDisposable
{
    private const int Partitions = 4;
    private const long DayMs = 86_400_000;
    private const long Start = 1_750_032_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly (string Name, int Threads, string Topic)[] Cases =
    [
        ("one thread", 1, "equal"),
        ("four threads", 4, "equal"),
        ("one thread, unequal partitions", 1, "unequal"),
        ("four threads, unequal partitions", 4, "unequal"),
    ];

    /// <summary>Parts of the records that each partition has, in per cent.</summary>
    private static readonly Dictionary<string, int[]> Shares = new(StringComparer.Ordinal)
    {
        ["equal"] = [25, 25, 25, 25],
        ["unequal"] = [70, 20, 8, 2],
    };

    private readonly long _records;
    private readonly string _bootstrap;
    private readonly KafkaClients _clients;
    private readonly KafkaTopics _topics;
    private int _run;

    private BacklogRun(Options options, string bootstrap)
    {
        _bootstrap = bootstrap;
        _records = options.Number("records", 1_000_000);
        _clients = new KafkaClients(new KafkaClientOptions { BootstrapServers = bootstrap, Producer = options.Pairs("producer") });
        _topics = new KafkaTopics(bootstrap, "bench");
    }

    public static async Task<int> MainAsync(Options options)
    {
        await using var broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            // The records' time is past: a topic with the default retention would lose them before they are read.
            Topics = [.. Shares.Keys.Select(name => new BrokerTopic(name, Partitions)
            {
                Configs = new Dictionary<string, string> { ["retention.ms"] = "-1" },
            })],

            // Kafka's default: the threads get their partitions together, and not the first one all of them.
            GroupInitialRebalanceDelay = TimeSpan.FromSeconds(3),
        });
        using var run = new BacklogRun(options, broker.BootstrapServers);
        foreach (var (topic, shares) in Shares)
        {
            run.Fill(topic, shares);
        }

        var skews = options.Get("skews", "-1,10000").Split(',').Select(s => long.Parse(s, Table.Culture)).ToList();
        var cases = Cases.Where(c => c.Name.Contains(options.Get("case", ""), StringComparison.Ordinal)).ToList();
        for (var turn = 0; turn < options.Number("repetitions", 3); turn++)
        {
            foreach (var (name, threads, topic) in cases)
            {
                foreach (var skew in skews)
                {
                    Results.Write(await run.MeasureAsync(name, threads, topic, skew), options);
                }

                if (options.Get("peer", "") is { Length: > 0 } classPath)
                {
                    Results.Write(await run.MeasurePeerAsync(classPath, name, threads, topic), options);
                }
            }
        }

        return 0;
    }

    public void Dispose() => _topics.Dispose();

    /// <summary>Each partition has records of the whole day, in order.</summary>
    private void Fill(string name, int[] shares)
    {
        using var producer = _clients.CreateProducer(new ProducerRole("fill", null, TimeSpan.FromSeconds(10)));
        var topic = producer.Topic(name);
        var random = new Random(1);
        Span<byte> key = stackalloc byte[sizeof(long)];
        for (var partition = 0; partition < Partitions; partition++)
        {
            var count = _records * shares[partition] / 100;
            for (var i = 0L; i < count; i++)
            {
                random.NextBytes(key);
                var record = new ByteRecord { Key = key, Value = key, HasKey = true, HasValue = true, Timestamp = Start + (DayMs * i / count) };
                while (!producer.TryProduce(topic, partition, in record, null))
                {
                    producer.Poll(TimeSpan.FromMilliseconds(5));
                }
            }
        }

        if (!producer.Drain(TimeSpan.FromMinutes(1)))
        {
            throw new TimeoutException("The input was not written within a minute.");
        }
    }

    private async Task<JsonObject> MeasureAsync(string name, int threads, string topic, long skewMs)
    {
        var application = $"backlog-{++_run}";
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var (began, read, counted) = (0L, 0L, 0L);
        var readers = new ConcurrentDictionary<int, bool>();
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        builder.Serdes.Add(Serdes.Int64);
        builder.Stream<long, long>(topic)
            .Peek((_, _) =>
            {
                readers.TryAdd(Environment.CurrentManagedThreadId, true);
                if (Interlocked.Increment(ref read) == 1)
                {
                    Volatile.Write(ref began, Stopwatch.GetTimestamp());
                }
            })
            .SelectKey((_, value) => value & 1023)
            .Repartition()
            .Peek((_, _) =>
            {
                if (Interlocked.Increment(ref counted) == _records)
                {
                    drained.SetResult();
                }
            })
            .GroupByKey()
            .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(10), grace: TimeSpan.FromMinutes(1)))
            .Count();
        using var drops = new DropCounter();
        await using var streams = new StreamsApplication(
            builder.Build(),
            new StreamFlowOptions
            {
                ApplicationId = application,
                NumStreamThreads = threads,
                MaxEventTimeSkew = TimeSpan.FromMilliseconds(skewMs),
            },
            _clients);
        await streams.StartAsync();
        await await Task.WhenAny(drained.Task, streams.Completion).WaitAsync(Patience);
        var elapsed = Stopwatch.GetElapsedTime(Volatile.Read(ref began));
        await streams.StopAsync();
        await _topics.DeleteAsync(_topics.Named(application + "-"));
        var isOk = Interlocked.Read(ref counted) == _records && readers.Count == threads;
        var line = Line("streamflow", name, skewMs, drops.Total, isOk);
        line["records_per_s"] = Results.Round(_records / elapsed.TotalSeconds);
        line["readers"] = readers.Count;
        return line;
    }

    /// <summary>Kafka Streams on the same topic. How fast it is the other parts measure: here the start of the JVM would decide.</summary>
    private async Task<JsonObject> MeasurePeerAsync(string classPath, string name, int threads, string topic)
    {
        var application = $"peer-{++_run}";
        using var process = Process.Start(new ProcessStartInfo(
            "java", ["-cp", classPath, "BacklogPeer", _bootstrap, topic, application, $"{threads}", $"{_records}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var words = (await process.StandardOutput.ReadToEndAsync()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        if (words is not [.., "counted", var counted, "late", var late])
        {
            throw new InvalidOperationException($"Kafka Streams has not counted: {await errors}");
        }

        await _topics.DeleteAsync(_topics.Named(application + "-"));
        return Line("kafka-streams", name, -1, long.Parse(late, Table.Culture), long.Parse(counted, Table.Culture) == _records);
    }

    private JsonObject Line(string engine, string name, long skewMs, long late, bool isOk) => new()
    {
        ["kind"] = "backlog",
        ["engine"] = engine,
        ["date"] = DateTimeOffset.UtcNow.ToString("O"),
        ["case"] = name,
        ["skew_ms"] = skewMs,
        ["records"] = _records,
        ["late"] = late,
        ["late_percent"] = Results.Round(100.0 * late / _records),
        ["ok"] = isOk,
    };
}
