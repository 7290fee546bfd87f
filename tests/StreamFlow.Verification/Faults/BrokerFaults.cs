using System.Globalization;

namespace StreamFlow.Verification.Faults;

/// <summary>What befalls the broker.</summary>
internal sealed class BrokerFaults(Arena arena, Random random)
{
    private static readonly TimeSpan ReachLimit = TimeSpan.FromSeconds(6);

    public async Task<int> KillAsync()
    {
        await arena.Broker.KillAsync();
        await Task.Delay(random.Next(1000));
        await arena.Broker.StartAsync();
        return 1;
    }

    /// <summary>
    /// Two kills: the first to start the broker with the order to end, as by SIGKILL, when it comes to a point for the
    /// n-th time; the second is that one.
    /// </summary>
    public async Task<int> KillAtAsync(string point)
    {
        await arena.Broker.KillAsync();
        await arena.Broker.StartAsync(point + ":" + random.Next(1, 20).ToString(CultureInfo.InvariantCulture));
        if (!await arena.Broker.HasEndedAsync(ReachLimit))
        {
            await arena.Broker.KillAsync();
        }

        await arena.Broker.StartAsync();
        return 2;
    }
}
