using System.Globalization;
using System.Runtime.InteropServices;
using StreamFlow.Kafka;
using StreamFlow.RocksDb;
using StreamFlow.State;

namespace StreamFlow.Verification.Workers;

/// <summary>
/// A worker process: the verified topology with production clients and stores. Takes commands on standard input
/// (<c>arm POINT SIGNAL HITS</c>), ends in order at SIGTERM and at once when standard input is closed.
/// </summary>
internal static class WorkerProgram
{
    private const int EndedInOrder = 0;
    private const int EndedByError = 3;

    /// <summary>What it writes when SIGTERM ends it in order; before, it ends it as any process that has just begun.</summary>
    public const string Listens = "listens";

    public static async Task<int> RunAsync(WorkerSettings settings)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.TrySetResult();
        });
        Console.Out.WriteLine(Listens);
        using var log = new LineLog(Console.Error);
        var points = new CrashPoints();
        var plant = settings.Plant is null ? Plant.None : new Plant(settings.Plant, settings.PlantAfter);
        var clients = new WatchedClients(new KafkaClients(Connection(settings), log), points, plant);
        // Small memtables, so that data is on its way to the disk at any time.
        var stores = new RocksDbBackendFactory(new RocksDbOptions { MemtableBytes = 64 << 10 });
        await using var application = new StreamsApplication(
            VerifiedTopology.Build(points, plant),
            Options(settings),
            clients,
            new StreamsServices { StoreBackend = new WatchedStores(stores, points, clients), Logging = log });
        application.StateChanged += (_, state) => Console.Out.WriteLine($"state {state}");

        new Thread(() => Listen(points, stop)) { IsBackground = true }.Start();

        await StartAsync(application, stop.Task);
        await Task.WhenAny(application.Completion, stop.Task);
        await application.StopAsync();
        if (application.Status.Error is not { } error)
        {
            return EndedInOrder;
        }

        Console.Out.WriteLine($"failed {error.Message.ReplaceLineEndings(" ")}");
        await Console.Error.WriteLineAsync(error.ToString());
        return EndedByError;
    }

    /// <summary>The broker may be away just now, as for any service that starts.</summary>
    private static async Task StartAsync(StreamsApplication application, Task stop)
    {
        using var cancelled = new CancellationTokenSource();
        _ = stop.ContinueWith(_ => cancelled.CancelAsync(), TaskScheduler.Default);
        try
        {
            await application.StartAsync(cancelled.Token);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("stopped while it started");
        }
    }

    private static void Listen(CrashPoints points, TaskCompletionSource stop)
    {
        while (Console.In.ReadLine() is { } line)
        {
            var words = line.Split(' ');
            if (words is ["arm", var point, var signal, var hits])
            {
                points.Arm(point, signal, int.Parse(hits, CultureInfo.InvariantCulture));
            }
            else if (line == "fail")
            {
                Environment.Exit(EndedByError);
            }
        }

        // Nobody is there any more to end this process.
        stop.TrySetResult();
        Environment.Exit(EndedInOrder);
    }

    private static KafkaClientOptions Connection(WorkerSettings settings) => new()
    {
        BootstrapServers = settings.BootstrapServers,
        Client = new Dictionary<string, string> { ["reconnect.backoff.max.ms"] = "500" },
        Consumer = new Dictionary<string, string>
        {
            ["session.timeout.ms"] = Milliseconds(Timing.SessionTimeout),
            ["topic.metadata.refresh.interval.ms"] = "1000",
            ["heartbeat.interval.ms"] = Milliseconds(Timing.HeartbeatInterval),
        },
    };

    private static StreamFlowOptions Options(WorkerSettings settings) => new()
    {
        ApplicationId = Workload.ApplicationId,
        ClientId = settings.Name,
        NumStreamThreads = settings.Threads,
        ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce,
        StateDirectory = settings.StateDirectory,
        TransactionTimeout = Timing.TransactionTimeout,
        // The oracles read the repartition topic as a whole.
        RepartitionPurgeInterval = TimeSpan.FromDays(1),
    };

    private static string Milliseconds(TimeSpan time) => ((int)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
}

/// <summary>How long the group and the transaction coordinator wait for a member that is silent.</summary>
internal static class Timing
{
    public static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(400);
    public static readonly TimeSpan TransactionTimeout = TimeSpan.FromSeconds(6);
}

/// <summary>Settings of a worker.</summary>
internal sealed record WorkerSettings
{
    public required string BootstrapServers { get; init; }

    /// <summary>Prefix of its clients' ids, by which the proxy knows it.</summary>
    public required string Name { get; init; }

    public required string StateDirectory { get; init; }

    public int Threads { get; init; } = 1;

    /// <summary>Name of the planted fault, or null.</summary>
    public string? Plant { get; init; }

    /// <summary>The fault happens at its so-manieth occasion.</summary>
    public int PlantAfter { get; init; } = 1;

    public IReadOnlyList<string> ToArguments() =>
    [
        "worker", BootstrapServers, Name, StateDirectory, Threads.ToString(CultureInfo.InvariantCulture),
        .. Plant is null ? [] : new[] { Plant, PlantAfter.ToString(CultureInfo.InvariantCulture) },
    ];

    public static WorkerSettings Parse(string[] arguments) => new()
    {
        BootstrapServers = arguments[1],
        Name = arguments[2],
        StateDirectory = arguments[3],
        Threads = int.Parse(arguments[4], CultureInfo.InvariantCulture),
        Plant = arguments.Length > 5 ? arguments[5] : null,
        PlantAfter = arguments.Length > 6 ? int.Parse(arguments[6], CultureInfo.InvariantCulture) : 1,
    };
}
