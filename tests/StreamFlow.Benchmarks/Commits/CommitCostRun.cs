using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Benchmarks.Peer;
using StreamFlow.Clients;
using StreamFlow.Kafka;

namespace StreamFlow.Benchmarks.Commits;

/// <summary>
/// What the client calls of one commit take when there is little to wait for: a pass-through under a light load, a commit
/// every 100 ms, under each guarantee.
/// </summary>
internal static class CommitCostRun
{
    private const int Partitions = 4;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(2);

    public static async Task<int> MainAsync(Options options)
    {
        foreach (var guarantee in Enum.GetValues<ProcessingGuarantee>())
        {
            Results.Write(await MeasureAsync(options, guarantee), options);
        }

        return 0;
    }

    private static async Task<JsonObject> MeasureAsync(Options options, ProcessingGuarantee guarantee)
    {
        var bootstrap = options.Need("bootstrap");
        var name = $"sf-commits-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds():x}";
        var plain = new KafkaClients(new KafkaClientOptions { BootstrapServers = bootstrap, Producer = options.Pairs("producer") });
        var timed = new TimedClients(plain);
        using var topics = new KafkaTopics(bootstrap, name);
        await topics.CreateAsync(name + "-in", Partitions);
        await topics.CreateAsync(name + "-out", Partitions);
        var builder = new StreamsBuilder();
        builder.Stream<byte[], byte[]>(name + "-in").To(name + "-out");
        await using var application = new StreamsApplication(
            builder.Build(),
            new StreamFlowOptions
            {
                ApplicationId = name,
                StateDirectory = options.Get("state", Path.GetTempPath()),
                ProcessingGuarantee = guarantee,
                CommitInterval = TimeSpan.FromMilliseconds(100),
            },
            timed);
        await application.StartAsync();
        Send(plain, name + "-in", TimeSpan.FromSeconds(2));
        timed.Clear(); // what was compiled on the way counts no more
        Send(plain, name + "-in", TimeSpan.FromSeconds(options.Number("seconds", 10)));
        await application.StopAsync();
        var line = new JsonObject
        {
            ["kind"] = "commit-cost",
            ["engine"] = "streamflow",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["broker"] = options.Get("broker", "Apache Kafka"),
            ["guarantee"] = guarantee == ProcessingGuarantee.ExactlyOnce ? "exactly_once_v2" : "at_least_once",
        };
        timed.Describe(line);
        await topics.DeleteAsync(topics.Named(name));
        return line;
    }

    private static void Send(KafkaClients clients, string input, TimeSpan time)
    {
        using var producer = clients.CreateProducer(new ProducerRole("fill", null, TimeSpan.FromSeconds(10)));
        var topic = producer.Topic(input);
        var (key, value) = (new byte[sizeof(long)], new byte[100]);
        var began = Stopwatch.GetTimestamp();
        for (var i = 0L; Stopwatch.GetElapsedTime(began) < time; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(key, i);
            producer.TryProduce(
                topic, (int)(i % Partitions), new ByteRecord { Key = key, HasKey = true, Value = value, HasValue = true }, null);
            producer.Poll(TimeSpan.Zero);
            Thread.Sleep(Pace);
        }

        producer.Drain(TimeSpan.FromSeconds(20));
    }
}
