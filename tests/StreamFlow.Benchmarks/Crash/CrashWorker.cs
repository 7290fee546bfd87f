using System.Diagnostics;
using System.Globalization;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Kafka;
using StreamFlow.State;

namespace StreamFlow.Benchmarks.Crash;

/// <summary>
/// One life of the application, in a process of its own. Says <c>RUNNING clock records bytes restore-ms cpu-s rss</c> on
/// standard output once it runs, and ends when it reaches its crash point or standard input is closed.
/// </summary>
internal static class CrashWorker
{
    public static async Task<int> MainAsync(Options options)
    {
        var name = options.Need("app");
        var points = new CrashPoints(
            options.Has("point") ? options.Need("point") : null, TimeSpan.FromSeconds(options.Number("settle", 3)));
        var clients = new CrashingClients(
            new KafkaClients(new KafkaClientOptions { BootstrapServers = options.Need("bootstrap") }), points, name + "-out");
        var events = new RestoreEvents();
        await using var application = new StreamsApplication(
            Build(name, options.Number("life", 0)),
            new StreamFlowOptions
            {
                ApplicationId = name,
                StateDirectory = options.Need("state"),
                ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce,
            },
            clients,
            new StreamsServices { StoreBackend = new CrashingStores(new RocksDbBackendFactory(), points), Logging = events });
        application.StateChanged += (_, now) =>
        {
            if (now == StreamsState.Running)
            {
                var (records, bytes) = clients.Replayed;
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"RUNNING {Stopwatch.GetTimestamp()} {records} {bytes} {events.Seconds * 1000:F0} "
                    + $"{ProcessReading.OwnCpu():F2} {ProcessReading.PeakResidentMb():F0}"));
                points.Start();
            }
        };
        await application.StartAsync();
        var closed = Console.In.ReadToEndAsync();
        await Task.WhenAny(closed, application.Completion);
        await application.StopAsync();
        return application.Status.Error is null ? 0 : 1;
    }

    private static Topology Build(string name, long life)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, byte[]>(name + "-in")
            .GroupByKey()
            .Aggregate(
                () => Array.Empty<byte>(),
                (_, update, old) => UpdateModel.Next(update, old),
                new() { Name = "store", CachingEnabled = false })
            .ToStream()
            .MapValues(value => UpdateModel.ResultOf(life, value))
            .To(name + "-out", new() { ValueSerde = new UpdateResult.Serde() });
        return builder.Build();
    }
}
