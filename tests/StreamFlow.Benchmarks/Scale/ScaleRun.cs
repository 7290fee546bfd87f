using System.Diagnostics;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Scale;

/// <summary>
/// What a broker takes for many partitions and many connections that do nothing: how long they take to make, to start with and
/// to stop with, memory, file handles, and processor time while nobody asks for anything.
/// </summary>
internal static class ScaleRun
{
    private const int TopicsPerRequest = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static async Task<int> MainAsync(Options options)
    {
        int partitions = (int)options.Number("partitions", 10_000);
        int topics = (int)options.Number("topics", 100);
        int connections = (int)options.Number("connections", 1_000);
        TimeSpan idle = TimeSpan.FromSeconds(options.Number("seconds", 30));
        JsonObject line = new()
        {
            ["kind"] = "scale", ["date"] = DateTimeOffset.UtcNow.ToString("O"), ["partitions"] = partitions, ["topics"] = topics,
            ["connections"] = connections, ["broker"] = options.Get("broker", "StreamFlow broker"),
        };
        if (options.Has("bootstrap"))
        {
            await MeasureAsync(options.Need("bootstrap"), options.Number("broker-pid", 0), line, partitions, topics, connections, idle);
        }
        else
        {
            await MeasureOwnAsync(options, line, partitions, topics, connections, idle);
        }

        Results.Write(line, options);
        return 0;
    }

    /// <summary>A broker of its own can also be started, stopped and killed.</summary>
    private static async Task MeasureOwnAsync(
        Options options, JsonObject line, int partitions, int topics, int connections, TimeSpan idle)
    {
        string folder = Directory.CreateDirectory(Path.Combine(options.Get("state", Path.GetTempPath()), "scale-" + Guid.NewGuid().ToString("N"))).FullName;
        HostedBroker? broker = null;
        try
        {
            broker = await HostedBroker.StartAsync(folder);
            line["start_empty_ms"] = Results.Round(broker.StartMs);
            await MeasureAsync(broker.Bootstrap, broker.Pid, line, partitions, topics, connections, idle);
            line["stop_ms"] = Results.Round(await broker.StopAsync());

            broker = await HostedBroker.StartAsync(folder);
            line["start_ms"] = Results.Round(broker.StartMs);
            line["started_rss_mb"] = Results.Round(ProcFiles.ResidentMb(broker.Pid));
            await broker.KillAsync();
            broker = await HostedBroker.StartAsync(folder);
            line["start_killed_ms"] = Results.Round(broker.StartMs);
            line["stop_again_ms"] = Results.Round(await broker.StopAsync());
            broker = null;
        }
        finally
        {
            await (broker?.KillAsync() ?? Task.CompletedTask);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(
        string bootstrap, long pid, JsonObject line, int partitions, int topics, int connections, TimeSpan idle)
    {
        (line["empty_rss_mb"], line["empty_handles"]) = (Results.Round(ProcFiles.ResidentMb(pid)), ProcFiles.Handles(pid));
        line["create_ms"] = Results.Round(await CreateAsync(bootstrap, partitions, topics));
        await Task.Delay(TimeSpan.FromSeconds(5));
        line["cpu_idle_percent"] = Results.Round(await BusyAsync(pid, idle));
        (line["rss_mb"], line["handles"]) = (Results.Round(ProcFiles.ResidentMb(pid)), ProcFiles.Handles(pid));
        long began = Stopwatch.GetTimestamp();
        using IdleConnections open = await IdleConnections.OpenAsync(bootstrap, connections);
        line["connect_ms"] = Results.Round(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        line["connections_served"] = open.Served;
        await Task.Delay(TimeSpan.FromSeconds(5));
        line["cpu_connected_percent"] = Results.Round(await BusyAsync(pid, idle));
        (line["connected_rss_mb"], line["connected_handles"]) = (Results.Round(ProcFiles.ResidentMb(pid)), ProcFiles.Handles(pid));
    }

    /// <summary>Until the broker lists all of them.</summary>
    private static async Task<double> CreateAsync(string bootstrap, int partitions, int topics)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build();
        TopicSpecification[] all =
        [
            .. Enumerable.Range(0, topics).Select(i => new TopicSpecification
            {
                Name = $"scale-{i}", ReplicationFactor = 1, NumPartitions = (partitions / topics) + (i < partitions % topics ? 1 : 0),
            }),
        ];
        long began = Stopwatch.GetTimestamp();
        foreach (TopicSpecification[] part in all.Chunk(TopicsPerRequest))
        {
            await admin.CreateTopicsAsync(part, new CreateTopicsOptions { RequestTimeout = Patience, OperationTimeout = Patience });
        }

        while (admin.GetMetadata(Patience).Topics.Where(static t => t.Topic.StartsWith("scale-", StringComparison.Ordinal))
            .Sum(static t => t.Partitions.Count(static p => p.Leader >= 0)) < partitions)
        {
            await Task.Delay(20);
        }

        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>Percent of one core while nobody asks for anything.</summary>
    private static async Task<double> BusyAsync(long pid, TimeSpan time)
    {
        (double before, long began) = (ProcessReading.Take(pid).Broker, Stopwatch.GetTimestamp());
        await Task.Delay(time);
        return (ProcessReading.Take(pid).Broker - before) / Stopwatch.GetElapsedTime(began).TotalSeconds * 100;
    }
}
