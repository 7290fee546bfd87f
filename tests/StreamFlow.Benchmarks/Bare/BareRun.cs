using System.Buffers.Binary;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Broker;
using StreamFlow.Clients;
using StreamFlow.Kafka;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Bare;

/// <summary>
/// A pass-through by the engine beside one by a bare loop, taking turns, over one embedded broker in this process. The
/// stretch from 10 % to the last record is measured, on the thread that does the work.
/// </summary>
internal sealed class BareRun : IDisposable
{
    private const int Partitions = 4;
    private readonly long _records;
    private readonly bool _objects;
    private readonly string _serde;
    private readonly bool _joins;
    private readonly KafkaClients _clients;
    private readonly KafkaTopics _topics;
    private int _run;

    private BareRun(Options options, string bootstrap)
    {
        _records = options.Number("records", 1_000_000);
        _serde = options.Get("serde", "bytes");
        _objects = _serde switch
        {
            "bytes" => true,
            "raw" => false,
            _ => throw new ArgumentException($"Unknown --serde '{_serde}'; there are bytes (byte[]) and raw (values without objects)."),
        };
        _joins = options.Get("topology", "passthrough") switch
        {
            "passthrough" => false,
            "idle-table" => true,
            var other => throw new ArgumentException($"Unknown --topology '{other}'; there are passthrough and idle-table."),
        };
        _clients = new KafkaClients(new KafkaClientOptions { BootstrapServers = bootstrap });
        _topics = new KafkaTopics(bootstrap, "bench");
    }

    private long First => _records / 10;

    public static async Task<int> MainAsync(Options options)
    {
        var repetitions = (int)options.Number("repetitions", 5);
        await using var broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions());
        using var run = new BareRun(options, broker.BootstrapServers);

        // The records' time is past: a topic with the default retention would lose them while they are read.
        await run._topics.CreateAsync("in", Partitions);
        await run._topics.CreateAsync("table", Partitions);
        run.Fill();
        var (bare, engine) = (new List<ThreadMeter>(), new List<ThreadMeter>());

        // The first of each is thrown away: the compiler is at work then.
        for (var i = 0; i <= repetitions; i++)
        {
            var loop = await run.MeasureBareAsync();
            var application = await run.MeasureEngineAsync();
            if (i > 0)
            {
                bare.Add(loop);
                engine.Add(application);
            }
        }

        Results.Write(run.Describe(bare, engine), options);
        return 0;
    }

    private JsonObject Describe(List<ThreadMeter> bare, List<ThreadMeter> engine)
    {
        static double Rate(List<ThreadMeter> runs) => Results.Median(runs.Select(r => r.Records / r.Seconds));
        static double Cpu(List<ThreadMeter> runs) => Results.Median(runs.Select(r => r.CpuNanoseconds / r.Records));
        static double Allocated(List<ThreadMeter> runs) => Results.Median(runs.Select(r => r.AllocatedBytes / r.Records));
        return new JsonObject
        {
            ["kind"] = "bare",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["topology"] = _joins ? "idle-table" : "passthrough",
            ["serde"] = _serde,
            ["records"] = _records,
            ["repetitions"] = bare.Count,
            ["bare_records_per_s"] = Results.Round(Rate(bare)),
            ["engine_records_per_s"] = Results.Round(Rate(engine)),
            ["ratio_records_per_s"] = Results.Round(Rate(engine) / Rate(bare)),
            ["bare_thread_ns_per_record"] = Results.Round(Cpu(bare)),
            ["engine_thread_ns_per_record"] = Results.Round(Cpu(engine)),
            ["bare_alloc_bytes_per_record"] = Results.Round(Allocated(bare)),
            ["engine_alloc_bytes_per_record"] = Results.Round(Allocated(engine)),
        };
    }

    private void Fill()
    {
        using var producer = _clients.CreateProducer(new ProducerRole("fill", null, TimeSpan.FromSeconds(10)));
        var topic = producer.Topic("in");
        var (key, value) = (new byte[sizeof(long)], new byte[Payload.Size]);
        var random = new Random(1);
        for (var i = 0L; i < _records; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(key, i);
            random.NextBytes(value);
            var record = new ByteRecord { Key = key, Value = value, HasKey = true, HasValue = true, Timestamp = 1_750_000_200_000 + i };
            while (!producer.TryProduce(topic, Murmur2.Partition(key, Partitions), in record, null))
            {
                producer.Poll(TimeSpan.FromMilliseconds(5));
            }
        }

        if (!producer.Drain(TimeSpan.FromMinutes(1)))
        {
            throw new TimeoutException("The input was not written within a minute.");
        }
    }

    private async Task<ThreadMeter> MeasureBareAsync()
    {
        var output = await CreateOutputAsync();
        var meter = new ThreadMeter();
        await Task.Factory.StartNew(
            () => BareLoop.Run(_clients, "in", output, Partitions, meter, First, _records),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await FinishAsync(output);
        return meter;
    }

    private async Task<ThreadMeter> MeasureEngineAsync()
    {
        var output = await CreateOutputAsync();
        var meter = new ThreadMeter();
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = new StreamsBuilder();
        if (_objects)
        {
            Connect(builder, builder.Stream<byte[], byte[]>(
                "in", new() { ValueSerde = new MeteredSerde<byte[]>(Serdes.Bytes, meter, First, _records, drained.SetResult) }), output);
        }
        else
        {
            builder.Serdes.Add(new MeteredSerde<Payload>(new PayloadSerde(), meter, First, _records, drained.SetResult));
            Connect(builder, builder.Stream<long, Payload>("in"), output);
        }

        await using (var application = new StreamsApplication(
            builder.Build(), new StreamFlowOptions { ApplicationId = output }, _clients))
        {
            await application.StartAsync();
            await (await Task.WhenAny(drained.Task, application.Completion)).WaitAsync(TimeSpan.FromMinutes(2));
            await application.StopAsync();
        }

        await FinishAsync(output);
        return meter;
    }

    /// <summary>Straight on, or through a join with a table whose topic is empty: what an input that is idle costs.</summary>
    private void Connect<TKey, TValue>(StreamsBuilder builder, KStream<TKey, TValue> stream, string output) =>
        (_joins ? stream.LeftJoin(builder.Table<TKey, long>("table"), (value, _) => value) : stream).To(output);

    private async Task<string> CreateOutputAsync()
    {
        var name = $"out-{++_run}";
        await _topics.CreateAsync(name, Partitions);
        return name;
    }

    /// <summary>Checks that everything arrived, and deletes it so that memory and disk stay as they were.</summary>
    private async Task FinishAsync(string output)
    {
        var written = _topics.Ends([output]).Values.Sum();
        if (written != _records)
        {
            throw new InvalidDataException($"{output} has {written} records of {_records}.");
        }

        await _topics.DeleteAsync([output]);
    }

    public void Dispose() => _topics.Dispose();
}
