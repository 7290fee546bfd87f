namespace StreamFlow.Verification.Faults;

/// <summary>What befalls the requests of a transaction and the workers that send them.</summary>
internal sealed class WireFaults(Arena arena, Random random, Deaths deaths)
{
    private static readonly TimeSpan ReachLimit = TimeSpan.FromSeconds(6);

    /// <summary>SIGKILL right before the broker sees the request, or after its answer has left it.</summary>
    public async Task<int> KillAtAsync(WirePoint point)
    {
        var worker = arena.AnyWorker(random);
        worker.ExpectEnd();
        if (!await ReachAsync(worker, point, WireAction.Drop, TimeSpan.Zero, worker.Kill))
        {
            worker.Kill();
        }

        await deaths.RestartAsync(worker, point.Name);
        return 1;
    }

    /// <summary>The worker freezes while its request is on its way.</summary>
    public async Task<int> FreezeAtAsync(WirePoint point)
    {
        var worker = arena.AnyWorker(random);
        await ReachAsync(worker, point, WireAction.Delay, TimeSpan.FromMilliseconds(random.Next(200)), () => worker.Signal("STOP"));
        await Task.Delay(Workers.Timing.SessionTimeout + TimeSpan.FromSeconds(1.5));
        worker.Signal("CONT");
        return 0;
    }

    public async Task<int> DisturbAsync(WirePoint point, WireAction action)
    {
        var delay = TimeSpan.FromMilliseconds(random.Next(200, 5000));
        if (await ReachAsync(arena.AnyWorker(random), point, action, delay, static () => { }) && action == WireAction.Delay)
        {
            await Task.Delay(delay);
        }

        return 0;
    }

    private async Task<bool> ReachAsync(WorkerHandle worker, WirePoint point, WireAction action, TimeSpan delay, Action reached)
    {
        var order = new WireOrder(worker.Name + "-", point, action, delay, reached);
        arena.Proxy.Give(order);
        await Task.WhenAny(order.Done, Task.Delay(ReachLimit));
        arena.Proxy.Forget();
        return order.Done.IsCompleted;
    }
}
