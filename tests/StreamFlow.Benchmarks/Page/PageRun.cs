using System.Diagnostics;
using System.Text.Json.Nodes;
using Confluent.Kafka;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Broker;

namespace StreamFlow.Benchmarks.Page;

/// <summary>
/// What open pages cost the application that they show: processor time of its process with so many streams of figures beside none, by
/// turns, under a steady light load. Broker, load and readers are in this process, and are not counted.
/// </summary>
internal static class PageRun
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    public static async Task<int> MainAsync(Options options)
    {
        var pages = (int)options.Number("pages", 50);
        var rounds = (int)options.Number("rounds", 6);
        var seconds = options.Number("seconds", 10);
        await using var broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            Topics = [new(PageWorker.Input, Partitions: 4), new(PageWorker.Output, Partitions: 4)],
        });
        var started = new ProcessStartInfo(Environment.ProcessPath!, ["PageWorker", "--bootstrap", broker.BootstrapServers])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var worker = Process.Start(started)!;
        try
        {
            var address = await worker.StandardOutput.ReadLineAsync().WaitAsync(StartLimit)
                ?? throw new InvalidOperationException("The application did not start.");
            using var ended = new CancellationTokenSource();
            var load = LoadAsync(broker.BootstrapServers, (int)options.Number("rate", 1000), ended.Token);
            await Task.Delay(WarmUp);
            var line = await MeasureAsync(worker, new Uri(address), pages, rounds, TimeSpan.FromSeconds(seconds));
            line["rate"] = options.Number("rate", 1000);
            await ended.CancelAsync();
            await load;
            Results.Write(line, options);
            return line.Text("ok") == "true" ? 0 : 3;
        }
        finally
        {
            worker.StandardInput.Close();
            if (!worker.WaitForExit(StartLimit))
            {
                worker.Kill();
            }
        }
    }

    private static async Task<JsonObject> MeasureAsync(Process worker, Uri address, int pages, int rounds, TimeSpan turn)
    {
        var (without, with) = (new List<double>(), new List<double>());
        var fewest = long.MaxValue;
        for (var round = 0; round < rounds; round++)
        {
            without.Add(await ShareAsync(worker, turn));
            var readers = await OpenPages.OpenAsync(address, pages);
            await using (readers)
            {
                await Task.Delay(Settling);
                readers.Reset();
                with.Add(await ShareAsync(worker, turn));
                fewest = Math.Min(fewest, readers.Fewest);
            }

            await Task.Delay(Settling);
        }

        return new JsonObject
        {
            ["kind"] = "page",
            ["date"] = DateTimeOffset.UtcNow.ToString("O"),
            ["pages"] = pages,
            ["rounds"] = rounds,
            ["seconds_per_turn"] = turn.TotalSeconds,
            ["percent_of_a_core_without"] = Results.Round(Results.Median(without) * 100),
            ["percent_of_a_core_with"] = Results.Round(Results.Median(with) * 100),
            ["percent_of_a_core_for_the_pages"] = Results.Round(Results.Median(with.Zip(without, (a, b) => a - b)) * 100),
            ["fewest_events_of_a_page_in_a_turn"] = fewest,
            ["ok"] = fewest > 0,
        };
    }

    private static async Task<double> ShareAsync(Process worker, TimeSpan turn)
    {
        worker.Refresh();
        var (began, before) = (Stopwatch.GetTimestamp(), worker.TotalProcessorTime);
        await Task.Delay(turn);
        worker.Refresh();
        return (worker.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(began);
    }

    private static async Task LoadAsync(string bootstrapServers, int rate, CancellationToken ct)
    {
        using var producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = bootstrapServers, LingerMs = 5 }).Build();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var clock = Stopwatch.StartNew();
        for (var sent = 0L; !ct.IsCancellationRequested; await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            for (; sent < clock.Elapsed.TotalSeconds * rate; sent++)
            {
                producer.Produce(PageWorker.Input, new() { Key = $"key-{sent % 1000}", Value = "a value of some length" });
            }
        }

        producer.Flush(TimeSpan.FromSeconds(10));
    }
}
