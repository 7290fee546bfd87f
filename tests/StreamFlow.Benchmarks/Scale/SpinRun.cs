using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Scale;

/// <summary>
/// How long the threads of the broker's pool look for work before they sleep: processor time of brokers that differ in that alone, by
/// turns, under full load, under a light one, and without any.
/// </summary>
internal static class SpinRun
{
    private const string Topic = "spin";
    private const string Limit = "DOTNET_ThreadPool_UnfairSemaphoreSpinLimit";

    public static async Task<int> MainAsync(Options options)
    {
        string[] limits = options.Get("limits", "default,0").Split(',');
        string folder = Directory.CreateDirectory(Path.Combine(options.Get("state", Path.GetTempPath()), "spin-" + Guid.NewGuid().ToString("N"))).FullName;
        List<HostedBroker> brokers = [];
        List<Dictionary<string, List<double>>> measured = [.. limits.Select(static _ => new Dictionary<string, List<double>>())];
        try
        {
            foreach (string limit in limits)
            {
                // The runtime reads the value as hexadecimal.
                string? hex = limit == "default" ? null : int.Parse(limit, CultureInfo.InvariantCulture).ToString("x", CultureInfo.InvariantCulture);
                brokers.Add(await HostedBroker.StartAsync(Path.Combine(folder, limit), (Limit, hex)));
            }

            for (int round = -1; round < options.Number("rounds", 5); round++)
            {
                for (int i = 0; i < brokers.Count; i++)
                {
                    // The first round lets the compiler work and counts for nothing.
                    await MeasureAsync(brokers[i], options, round < 0 ? [] : measured[i]);
                }
            }
        }
        finally
        {
            await Task.WhenAll(brokers.Select(static broker => broker.KillAsync()));
            Directory.Delete(folder, recursive: true);
        }

        for (int i = 0; i < limits.Length; i++)
        {
            JsonObject line = new() { ["kind"] = "spin", ["date"] = DateTimeOffset.UtcNow.ToString("O"), ["spin_limit"] = limits[i] };
            foreach ((string name, List<double> values) in measured[i])
            {
                line[name] = Results.Round(Results.Median(values));
            }

            Results.Write(line, options);
        }

        return 0;
    }

    private static async Task MeasureAsync(HostedBroker broker, Options options, Dictionary<string, List<double>> into)
    {
        int records = (int)options.Number("records", 500_000);
        TimeSpan time = TimeSpan.FromSeconds(options.Number("seconds", 10));
        (double cpu, double seconds) = await CpuOf(broker, () => Load(broker, records));
        Add(into, "cpu_s_per_million", cpu / records * 1e6);
        Add(into, "records_per_s", records / seconds);
        foreach (int rate in (int[])[500, 5000])
        {
            (cpu, seconds) = await CpuOf(broker, () => TrickleAsync(broker, rate, time));
            Add(into, $"cpu_percent_at_{rate}_per_s", cpu / seconds * 100);
        }

        (cpu, seconds) = await CpuOf(broker, () => Task.Delay(time));
        Add(into, "cpu_percent_idle", cpu / seconds * 100);
    }

    private static void Add(Dictionary<string, List<double>> into, string name, double value) =>
        (into.TryGetValue(name, out List<double>? values) ? values : into[name] = []).Add(value);

    private static async Task<(double Cpu, double Seconds)> CpuOf(HostedBroker broker, Func<Task> work)
    {
        (double before, long began) = (ProcessReading.Take(broker.Pid).Broker, Stopwatch.GetTimestamp());
        await work();
        return (ProcessReading.Take(broker.Pid).Broker - before, Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>As many records of 100 bytes as it takes, in batches as librdkafka makes them.</summary>
    private static Task Load(HostedBroker broker, int records)
    {
        using IProducer<Null, byte[]> producer = Producer(broker, lingerMs: 5);
        byte[] value = new byte[100];
        for (int i = 0; i < records; i++)
        {
            try
            {
                producer.Produce(Topic, new Message<Null, byte[]> { Value = value });
            }
            catch (ProduceException<Null, byte[]> full) when (full.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(20));
                i--;
            }
        }

        producer.Flush(TimeSpan.FromMinutes(5));
        return Task.CompletedTask;
    }

    /// <summary>Single records, one after the other, so many in a second: a thread is woken for each.</summary>
    private static async Task TrickleAsync(HostedBroker broker, int perSecond, TimeSpan time)
    {
        using IProducer<Null, byte[]> producer = Producer(broker, lingerMs: 0);
        long began = Stopwatch.GetTimestamp();
        for (int sent = 0; Stopwatch.GetElapsedTime(began) < time; sent++)
        {
            await producer.ProduceAsync(Topic, new Message<Null, byte[]> { Value = new byte[100] });
            double ahead = (sent * 1000.0 / perSecond) - Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (ahead > 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(ahead));
            }
        }
    }

    private static IProducer<Null, byte[]> Producer(HostedBroker broker, double lingerMs) =>
        new ProducerBuilder<Null, byte[]>(new ProducerConfig
        {
            BootstrapServers = broker.Bootstrap, LingerMs = lingerMs, Acks = Acks.All, QueueBufferingMaxMessages = 1_000_000,
        }).Build();
}
