using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Broker;
using StreamFlow.Kafka;

namespace StreamFlow.Benchmarks.Sessions;

/// <summary>
/// How long a session has to be: the longest time between two heartbeats of a member whose process is short of processor time
/// and collects garbage all the while; and how long the records of a member that is killed wait for another one.
/// </summary>
internal static class SessionsRun
{
    private const int Partitions = 4;

    public static async Task<int> MainAsync(Options options)
    {
        if (options.Has("child"))
        {
            return await ChildAsync(options);
        }

        await using var broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("in", Partitions), new BrokerTopic("out", Partitions)] });
        await LoadAsync(broker.BootstrapServers, (int)options.Number("records", 200_000));
        foreach (var busy in Numbers(options.Get("busy", "0,4,16,64")))
        {
            await LoadedAsync(broker.BootstrapServers, busy, options);
        }

        foreach (var session in Numbers(options.Get("sessions", "6000,10000,15000,45000")))
        {
            await KilledAsync(broker.BootstrapServers, session, options);
        }

        return 0;
    }

    private static IEnumerable<int> Numbers(string text) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture));

    private static async Task LoadedAsync(string servers, int busy, Options options)
    {
        var seconds = options.Number("seconds", 60);
        using var child = StartChild(servers, $"loaded-{busy}", 45000, busy);
        await ExpectAsync(child, "RUNNING");
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        child.StandardInput.Close();
        var result = (await ExpectAsync(child, "GAPS")).Split(' ');
        await child.WaitForExitAsync();
        Results.Write(
            new JsonObject
            {
                ["kind"] = "heartbeats",
                ["busy_threads"] = busy,
                ["processors"] = Environment.ProcessorCount,
                ["seconds"] = seconds,
                ["heartbeats"] = int.Parse(result[1], CultureInfo.InvariantCulture),
                ["median_gap_s"] = double.Parse(result[2], CultureInfo.InvariantCulture),
                ["longest_gap_s"] = double.Parse(result[3], CultureInfo.InvariantCulture),
                ["let_go"] = int.Parse(result[4], CultureInfo.InvariantCulture),
            },
            options);
    }

    private static async Task KilledAsync(string servers, int session, Options options)
    {
        var name = $"killed-{session}";
        using var survivor = StartChild(servers, name, session, busy: 0);
        await ExpectAsync(survivor, "RUNNING");
        using var victim = StartChild(servers, name, session, busy: 0);
        await ExpectAsync(victim, "RUNNING");
        await ExpectAsync(survivor, "TASKS 2");
        var killed = Stopwatch.GetTimestamp();
        victim.Kill();
        await ExpectAsync(survivor, "TASKS 4");
        Results.Write(
            new JsonObject
            {
                ["kind"] = "take-over",
                ["session_ms"] = session,
                ["seconds"] = Results.Round(Stopwatch.GetElapsedTime(killed).TotalSeconds),
            },
            options);
        survivor.Kill();
    }

    private static Process StartChild(string servers, string name, int session, int busy)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath!,
            ["Sessions", "--child", "--bootstrap", servers, "--app", name, "--session", Text(session), "--busy", Text(busy)])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        return Process.Start(start)!;

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task<string> ExpectAsync(Process child, string start)
    {
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The process ended without '{start}'.");
    }

    private static async Task LoadAsync(string servers, int records)
    {
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = servers, Partitioner = Partitioner.Murmur2Random }).Build();
        for (var i = 0; i < records; i++)
        {
            while (!TryProduce(producer, i))
            {
                await Task.Delay(1);
            }
        }

        producer.Flush();
    }

    private static bool TryProduce(IProducer<string, string> producer, int number)
    {
        try
        {
            producer.Produce("in", new Message<string, string> { Key = $"k{number % 1000}", Value = "v" });
            return true;
        }
        catch (ProduceException<string, string> exception) when (exception.Error.Code == ErrorCode.Local_QueueFull)
        {
            return false;
        }
    }

    private static async Task<int> ChildAsync(Options options)
    {
        using var log = new HeartbeatLog();
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream()
            .MapValues(n => n.ToString(CultureInfo.InvariantCulture)).To("out");
        var clients = new KafkaClients(
            new KafkaClientOptions
            {
                BootstrapServers = options.Need("bootstrap"),
                Client = [new("debug", "cgrp")],
                Consumer = [new("session.timeout.ms", options.Need("session"))],
            },
            log);
        await using var application = new StreamsApplication(
            builder.Build(), new StreamFlowOptions { ApplicationId = options.Need("app") }, clients);
        await application.StartAsync();
        _ = TellAsync(application);
        while (application.State != StreamsState.Running)
        {
            await Task.Delay(20);
        }

        for (var i = 0; i < options.Number("busy", 0); i++)
        {
            new Thread(Waste) { IsBackground = true }.Start();
        }

        await Console.In.ReadToEndAsync();
        var gaps = log.Gaps;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"GAPS {gaps.Count + 1} {Results.Median(gaps):F3} {gaps.DefaultIfEmpty(0).Max():F3} {log.Lost}"));
        return 0;
    }

    private static async Task TellAsync(StreamsApplication application)
    {
        var (isRunning, tasks) = (false, 0);
        while (true)
        {
            var status = application.Status;
            if (!isRunning && status.State == StreamsState.Running)
            {
                isRunning = true;
                Console.WriteLine("RUNNING");
            }

            var count = status.Threads.Sum(t => t.Tasks.Count(k => k.State == TaskState.Running));
            if (count != tasks)
            {
                tasks = count;
                Console.WriteLine($"TASKS {tasks}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>Takes processor time and makes garbage of all ages, so that collections stop the process.</summary>
    private static void Waste()
    {
        var kept = new byte[2000][];
        for (var i = 0; ; i++)
        {
            kept[i % kept.Length] = new byte[1000 + (i % 7000)];
        }
    }
}
