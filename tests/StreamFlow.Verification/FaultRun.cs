using System.Diagnostics;
using StreamFlow.TestSupport;
using StreamFlow.Verification.Faults;
using StreamFlow.Verification.Oracles;

namespace StreamFlow.Verification;

/// <summary>One run: faults at random until enough processes were killed, then the verdict.</summary>
internal sealed class FaultRun(Options options)
{
    private const int Lasting = 3;
    private const long DiskBytes = 96 << 20;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(90);
    private readonly List<FaultRecord> _faults = [];
    private readonly List<Task> _recoveries = [];
    private readonly Random _random = new((int)(options.Seed % int.MaxValue));
    private readonly long _began = Stopwatch.GetTimestamp();

    public async Task<bool> RunAsync()
    {
        var extent = options.Kills == int.MaxValue ? $"{options.Limit.TotalMinutes} minutes" : $"{options.Kills} kills";
        Console.WriteLine($"seed {options.Seed}, {extent}, {(options.UseKafka ? "Apache Kafka" : "embedded broker")}");
        await using var arena = await Arena.StartAsync(options);
        arena.Disk = SmallDisk.TryMount(DiskBytes, Path.Combine(arena.Folder, "w1"));
        if (arena.Disk is null)
        {
            Console.WriteLine($"left out: full state disk; {SmallDisk.Unavailable}");
        }

        for (var i = 1; i <= Lasting; i++)
        {
            arena.AddWorker($"w{i}", threads: i == 1 ? 2 : 1).Start();
        }

        var isRight = await RunOneAsync(arena);
        while (isRight && arena.Cluster < options.Clusters - 1)
        {
            await arena.RenewClusterAsync();
            Console.WriteLine($"{Elapsed} the cluster is made anew, number {arena.Cluster + 1} of {options.Clusters}");
            new Absences(arena).StartOthers();
            isRight = await RunOneAsync(arena);
        }

        arena.IsKept = options.Keep || !isRight;
        return isRight;
    }

    /// <summary>Faults on one cluster, and the verdict.</summary>
    private async Task<bool> RunOneAsync(Arena arena)
    {
        arena.Feeder.Start();
        await arena.Monitor.RecoveredAsync(Stopwatch.GetTimestamp()).WaitAsync(StartLimit);
        var absences = new Absences(arena);
        if (arena.Cluster > 0)
        {
            await absences.ComeBackAsync();
        }

        if (arena.Cluster < options.Clusters - 1)
        {
            await absences.LeaveAsync();
        }

        await InjectAsync(arena, new FaultCatalogue(arena, _random, arena.Disk, options.OnlyFault));
        await Task.WhenAll(_recoveries);
        var evidence = await arena.EndAsync();
        Console.WriteLine($"{Elapsed} reading what {evidence.Sent} inputs have become");
        return new Report(_faults, Judge.All(evidence), evidence, Stopwatch.GetElapsedTime(_began)).Print();
    }

    private string Elapsed => $"{Stopwatch.GetElapsedTime(_began).TotalSeconds,7:F1} s";

    private async Task InjectAsync(Arena arena, FaultCatalogue catalogue)
    {
        var kills = _faults.Sum(f => f.Kills);
        var upTo = (long)options.Kills * (arena.Cluster + 1) / options.Clusters;
        var limit = options.Limit == TimeSpan.MaxValue ? options.Limit : options.Limit * (arena.Cluster + 1) / options.Clusters;
        while (kills < upTo && Stopwatch.GetElapsedTime(_began) < limit)
        {
            var fault = catalogue.Pick();
            var since = Stopwatch.GetTimestamp();
            var killed = await fault.Run();
            kills += killed;
            var recovery = RecoverAsync(arena, fault.Name, killed, since, kills);
            _recoveries.Add(recovery);
            if (_random.Next(100) >= 15)
            {
                await recovery;
            }

            await Task.Delay(_random.Next(200));
            RestartEnded(arena);
        }
    }

    private async Task RecoverAsync(Arena arena, string name, int killed, long since, int kills)
    {
        TimeSpan? recovery = null;
        try
        {
            recovery = await arena.Monitor.RecoveredAsync(since).WaitAsync(RecoveryLimit);
        }
        catch (TimeoutException)
        {
            // Told below.
        }

        arena.CheckLiveness(
            recovery is not null, $"after '{name}' some partitions gave no results for {RecoveryLimit.TotalSeconds} s");

        lock (_faults)
        {
            _faults.Add(new FaultRecord(name, killed, recovery));
        }

        Console.WriteLine($"{Elapsed}  kills {kills,4}  {name,-36} {(recovery is { } r ? $"{r.TotalSeconds:F2} s" : "no recovery")}");
    }

    /// <summary>A worker that ended by itself is a violation, found at the end; the run goes on with it.</summary>
    private static void RestartEnded(Arena arena)
    {
        foreach (var worker in arena.Workers.Where(w => w.HasEndedByItself).ToList())
        {
            worker.Start();
        }
    }
}
