using StreamFlow.TestSupport;
using StreamFlow.Verification.Workers;

namespace StreamFlow.Verification.Faults;

/// <summary>What befalls workers.</summary>
internal sealed class WorkerFaults(Arena arena, Random random, Deaths deaths)
{
    private static readonly TimeSpan ReachLimit = TimeSpan.FromSeconds(6);
    private int _guests;

    public async Task<int> KillAsync()
    {
        var worker = arena.AnyWorker(random);
        await Task.Delay(random.Next(150));
        worker.Kill();
        await deaths.RestartAsync(worker, "SIGKILL");
        return 1;
    }

    public async Task<int> KillAtAsync(string point)
    {
        var worker = arena.AnyWorker(random);
        worker.Arm(point, "KILL", random.Next(1, 8));
        if (!worker.WaitForEnd(ReachLimit))
        {
            // It has no task that comes to this point just now.
            worker.Kill();
        }

        await deaths.RestartAsync(worker, point);
        return 1;
    }

    /// <summary>SIGSTOP beyond the session timeout, at times beyond the transaction timeout as well, then SIGCONT: a zombie.</summary>
    public async Task<int> FreezeAsync()
    {
        var worker = arena.AnyWorker(random);
        worker.Signal("STOP");
        await Task.Delay(FrozenTime());
        worker.Signal("CONT");
        return 0;
    }

    public async Task<int> FreezeAtAsync(string point)
    {
        var worker = arena.AnyWorker(random);
        worker.Arm(point, "STOP", random.Next(1, 4));
        await Task.Delay(TimeSpan.FromMilliseconds(500) + FrozenTime());
        worker.Signal("CONT");
        return 0;
    }

    /// <summary>Workers come and go faster than the group settles.</summary>
    public async Task<int> StormAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var guest = arena.AddWorker($"guest{++_guests}");
            guest.Start();
            await Task.Delay(random.Next(600, 2500));
            arena.CheckLiveness(guest.Stop(), $"{guest.Name} did not stop in order");
        }

        return 0;
    }

    public async Task<int> FillDiskAsync(SmallDisk disk)
    {
        disk.Fill();
        await Task.Delay(random.Next(1000, 4000));
        disk.Free();
        return 0;
    }

    private TimeSpan FrozenTime() =>
        random.Next(2) == 0 ? Timing.SessionTimeout + TimeSpan.FromSeconds(1.5) : Timing.TransactionTimeout + TimeSpan.FromSeconds(2);
}
